//! A simulation of the whole system that a seed repeats: the real functions, over a real engine, in virtual time,
//! with everything going wrong that may.
//!
//! Every event is a sale of its own power of two, so each sum of money names the set of events in it. At any moment
//! what a report counts is a set of events that were sent, each once, and has all that were acknowledged before its
//! `complete_through`. In the end, whatever was lost, delayed, repeated or cut off, every report equals a plain fold
//! of what was acknowledged, and a rebuild gives the same bytes.

mod bystanders;
mod chance;
mod engine;
mod faults;
mod oracle;
mod past;
mod plan;
mod schedule;
mod senders;
mod stream;
mod time;
mod verdict;
mod weather;
mod wire;
mod world;

pub use engine::{Embedded, Engine, Remote};
pub use schedule::{Outcome, run};
pub use senders::BROWSER;
