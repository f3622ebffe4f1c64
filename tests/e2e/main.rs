//! The tests of the whole system: the functions' own code over the embedded engine.

mod recount;
mod support;
