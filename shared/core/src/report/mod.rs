//! What all reports share: what they can be asked, the rollups that answer it, and what every answer repeats.

mod answer;
mod as_of;
mod ask;
mod cursor;
mod fetch;
mod rows;

pub use answer::{Head, Other};
pub use as_of::AsOf;
pub use ask::{Ask, Asking, MOST_MONTHS, MOST_VALUES};
pub use cursor::{foreign_cursor, question_name, read_cursor, write_cursor};
pub use fetch::{
    Compared, Fetched, TRIES, changing, fetch, fetch_history, fetch_view, folded_by, require_reader,
};
pub use rows::{Change, Changes, Figures, Row, changes, shares, totals, values};
