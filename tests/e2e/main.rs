//! The tests of the whole system: the functions' own code over the embedded engine.

mod access;
mod bad_input;
mod events;
mod goals;
mod imports;
mod layers;
mod manage;
mod program;
mod recount;
mod reports;
mod routes;
mod support;
mod template;
mod zones;
