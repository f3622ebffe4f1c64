//! Logging: lines of JSON on standard output, which Lambda keeps.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Our own crates; `reckon` is the beginning of others' names, too.
const OURS: [&str; 7] = ["reckon", "collect", "aggregate", "seal", "report", "goals", "manage"];

/// Begins to log. `RECKON_LOG` sets the level, such as `debug`; warnings and errors by default, since lines cost.
///
/// Nothing that is logged holds a key, a body or a query string.
pub fn log_to_stdout() {
    let filter = log_filter(std::env::var("RECKON_LOG").ok().as_deref());
    tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(false).init();
}

/// What is logged at a level, `warn` without one. It holds for our own crates; of others at most warnings are
/// logged, since the SDK's `debug` and `trace` lines show whole items, and the runtime's whole requests.
pub fn log_filter(level: Option<&str>) -> EnvFilter {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::WARN);
    let ours = OURS.map(|name| format!("{name}={level}")).join(",");
    EnvFilter::new(format!("{},{ours}", level.min(LevelFilter::WARN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_never_log_more_than_warnings() {
        for (level, ours, others) in [
            (None, "warn", "warn"),
            (Some("TRACE"), "trace", "warn"),
            (Some("error"), "error", "error"),
            (Some("aws_smithy_runtime=trace"), "warn", "warn"),
            (Some("off"), "off", "off"),
        ] {
            let text = log_filter(level).to_string();
            let directives: Vec<&str> = text.split(',').collect();
            assert!(directives.contains(&others), "{level:?}: {text}");
            let ours = OURS.map(|name| format!("{name}={ours}"));
            assert!(ours.iter().all(|ours| directives.contains(&ours.as_str())), "{level:?}: {text}");
            assert_eq!(directives.len(), 8, "{level:?}: {text}");
        }
    }
}
