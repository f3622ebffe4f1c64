//! The tests of the whole system: one binary, a file per route or promise.
