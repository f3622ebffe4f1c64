//! What sets of events add up to, per view, and how the sums of smaller sets merge into those of larger ones.

mod differ;
mod fold;
mod rows;
mod stops;
mod union;
mod view;

pub use differ::{Difference, Verdict, held_against};
pub use fold::{Level, Rollup, Stamp, of_events};
pub use rows::{Row, Rows};
pub use stops::{Place, Stop, read_path};
pub use union::{Received, Version, union};
pub use view::{FOLD_VERSION, Fold, View};
