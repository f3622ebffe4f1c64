//! Placeholder.
use serde::{Deserialize, Serialize};
#[derive(Debug, Serialize, Deserialize)] pub struct Goal { pub id: String }
