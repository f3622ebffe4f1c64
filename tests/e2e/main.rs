//! The tests of the whole system: the functions' own code over the embedded engine.

mod access;
mod access_table;
mod bad_input;
mod compat;
mod customers;
mod escapes;
mod events;
mod gateway;
mod goals;
mod guards;
mod hostile;
mod imports;
mod journeys;
mod kills;
mod lanes;
mod layers;
mod links;
mod manage;
#[cfg(feature = "leave-out")]
mod mutations;
mod order;
mod orders;
mod pages;
mod postbacks;
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
