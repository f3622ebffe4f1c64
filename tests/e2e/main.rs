//! The tests of the whole system: the functions' own code over the embedded engine.

mod access;
mod access_table;
mod bad_input;
mod escapes;
mod events;
mod gateway;
mod goals;
mod guards;
mod hostile;
mod imports;
mod kills;
mod lanes;
mod layers;
mod manage;
#[cfg(feature = "leave-out")]
mod mutations;
mod order;
mod program;
mod reports;
mod routes;
mod script;
mod sealing;
mod secrets;
mod simulation;
mod support;
mod template;
mod union;
mod verbs;
mod zones;
