//! What sets of events add up to, per view, and how the sums of smaller sets merge into those of larger ones.

mod differ;
mod fold;
mod refold;
mod rows;
mod stops;
mod tally;
mod union;
mod view;

pub use differ::{Difference, Verdict, held_against};
pub use fold::{Level, Rollup, Stamp, of_events};
pub use refold::{Refold, Standing};
pub use rows::{Row, Rows};
pub use stops::{Place, Stop, read_path};
pub use tally::{Origin, Reason, Tally};
pub use union::{Received, Version, union, union_noting};
pub use view::{FOLD_VERSION, Fold, View};
