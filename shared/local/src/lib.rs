//! The whole of Reckon in one process: the functions' own code over an embedded DynamoDB engine.
//!
//! `cargo run` serves it; the tests drive it step by step.

pub mod command_line;
pub mod demo;
pub mod engine;
pub mod import;
pub mod reconcile;
pub mod serve;
pub mod stream;
pub mod system;
pub mod table;
