//! The tests of the whole system: one test binary, a file per route or promise, and a simulation beside it.

pub mod simulation;
