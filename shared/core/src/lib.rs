//! The core of Reckon: what an event is, how events add up, where they are stored and how HTTP speaks of them.
//!
//! Arrows point one way: `report` knows `render`, `render` knows `http`, `http` knows `store`, `store` knows `domain`, and `domain` knows no
//! clock, no I/O, no HTTP and no AWS.

#[cfg(feature = "contract")]
pub mod contract;
pub mod domain;
pub mod guard;
pub mod http;
pub mod render;
pub mod report;
pub mod store;
