//! Reports: which stretches of stored rollups answer a question, and what they add up to.

mod compute;
mod cover;
mod period;
mod versions;

pub use compute::{Piece, Table, tabulate};
pub use cover::{Grain, Stretch, cover};
pub use period::{Align, Compare, Interval, Period, Span, bounds, previous, previous_days};
pub use versions::{Restatement, Seals, restatements, standing_at};
