//! The tests of the whole system: the functions' own code over the embedded engine.

mod access;
mod bad_input;
mod events;
mod goals;
mod guards;
mod imports;
mod layers;
mod manage;
mod program;
mod reports;
mod routes;
mod sealing;
mod simulation;
mod support;
mod template;
mod union;
mod zones;
