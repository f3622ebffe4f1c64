//! Logging: lines of JSON on standard output, which Lambda keeps.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Begins to log. `RECKON_LOG` sets the level, such as `debug`; warnings and errors by default, since lines cost.
///
/// Nothing that is logged holds a key, a body or a query string.
pub fn log_to_stdout() {
    let level = std::env::var("RECKON_LOG").ok().filter(|level| !level.is_empty());
    // Levels by module are enough; filters by field would bring regular expressions into every function.
    let filter = level.and_then(|level| level.parse::<Targets>().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().json().with_current_span(false);
    tracing_subscriber::registry().with(lines).with(filter).init();
}
