//! Logging: lines of JSON on standard output, which Lambda keeps.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Our own crates; `reckon` is the beginning of others' names, too.
const OURS: [&str; 8] = ["reckon", "collect", "aggregate", "seal", "report", "goals", "manage", "pages"];

/// Begins to log. `RECKON_LOG` sets the level, such as `debug`; warnings and errors by default, since lines cost.
///
/// Nothing that is logged holds a key, a body or a query string.
pub fn log_to_stdout() {
    let lines = tracing_subscriber::fmt::layer().json().with_current_span(false);
    let filter = log_filter(std::env::var("RECKON_LOG").ok().as_deref());
    tracing_subscriber::registry().with(lines).with(filter).init();
}

/// What is logged at a level, `warn` without one. It holds for our own crates; of others at most warnings are
/// logged, since the SDK's `debug` and `trace` lines show whole items, and the runtime's whole requests.
///
/// Levels by crate are enough; filters by field would bring regular expressions into every function.
pub fn log_filter(level: Option<&str>) -> Targets {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::WARN);
    Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(OURS.map(|name| (name, level)))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn others_never_log_more_than_warnings() {
        for (level, ours, others) in [
            (None, Some(Level::WARN), Some(Level::WARN)),
            (Some("TRACE"), Some(Level::TRACE), Some(Level::WARN)),
            (Some("error"), Some(Level::ERROR), Some(Level::ERROR)),
            (Some("aws_smithy_runtime=trace"), Some(Level::WARN), Some(Level::WARN)),
            (Some("off"), None, None),
        ] {
            let filter = log_filter(level);
            let most = |target| {
                let all = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
                all.into_iter().find(|level| filter.would_enable(target, level))
            };
            assert!(OURS.into_iter().all(|name| most(name) == ours), "{level:?}");
            assert!(["aws_smithy_runtime", "hyper", "lambda_runtime"].map(most) == [others; 3], "{level:?}");
        }
    }
}
