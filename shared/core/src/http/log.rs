//! Logging: lines of JSON on standard output, which Lambda keeps.

use tracing_subscriber::EnvFilter;

/// Begins to log. `RECKON_LOG` sets the level, such as `debug`; warnings and errors by default, since lines cost.
///
/// Nothing that is logged holds a key, a body or a query string.
pub fn log_to_stdout() {
    let filter = EnvFilter::try_from_env("RECKON_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(false).init();
}
