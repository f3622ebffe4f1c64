//! The contract: what every route takes and answers, as OpenAPI 3.1 writes it. It is built for the document and its
//! tests, and never into what is deployed.

mod document;
mod forms;
mod parameters;
mod problems;
mod schemas;

pub use document::document;
pub use forms::{Drawn, Formed};
pub use parameters::{
    Filtered, OfHistory, OfResults, Paged, Path, as_of, day, flag, header, list, required, segment, text,
    time, whole, word, words,
};
pub use problems::{ABSENT, ASKED, CLASHING, EVENTS, KEYED, May, SENT, STORED, UNSERVED};
pub use schemas::{ByDimension, ChangeOfMetrics, HeadOfPresent, ShareOfMetrics, object, sentence};
