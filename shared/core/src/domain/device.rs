//! Placeholder.
use serde::{Deserialize, Serialize};
super::channel::words!(Device { Desktop = "desktop", Mobile = "mobile", Tablet = "tablet", Tv = "tv", Console = "console", Wearable = "wearable", Other = "other" });
impl Device { pub fn of(_: &str) -> Self { Self::Desktop } }
