//! What an answer looks like: nested JSON, flat rows as CSV, NDJSON or a table, charts as SVG; whether the caller has it
//! already; and how it is packed.

mod accept;
mod chart;
mod csv_text;
mod document;
mod encode;
mod etag;
mod form;
mod layout;
mod lines;
mod sheet;

#[cfg(feature = "contract")]
pub(crate) use accept::Format;
pub use chart::Chart;
#[cfg(feature = "contract")]
pub(crate) use chart::Size;
pub use csv_text::harmless;
pub use encode::encoded;
pub(crate) use form::unknown_metric;
pub use form::{Form, METRICS, PARAMETERS};
pub use layout::Layout;
