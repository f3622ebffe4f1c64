//! When an event happened: what its sender says, else what its id says.

use chrono::{DateTime, Duration, TimeZone, Utc};
use reckon_core::domain::calendar::{AHEAD, Minute};
use reckon_core::domain::event::Trust;

/// How far back a page may report.
const BACK_PUBLIC: Duration = Duration::days(7);

/// The times that are accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Window {
    /// The window at `now` for a key of this trust. `kept_from` is the first minute whose raw events are kept.
    pub(crate) fn new(now: DateTime<Utc>, trust: Trust, kept_from: Option<Minute>) -> Self {
        let earliest = match trust {
            Trust::Public => now - BACK_PUBLIC,
            Trust::Secret => Utc.with_ymd_and_hms(1990, 1, 1, 0, 0, 0).earliest().unwrap_or_default(),
        };
        Self { from: kept_from.map_or(earliest, |kept| kept.start().max(earliest)), to: now + AHEAD }
    }

    /// Whether a time is accepted, or misses that by no more than a day.
    pub(crate) fn nearly_has(&self, time: DateTime<Utc>) -> bool {
        let day = Duration::days(1);
        self.from - day <= time && time <= self.to + day
    }

    /// Whether a time is accepted; else a sentence that says which are.
    pub(crate) fn check(&self, time: DateTime<Utc>) -> Result<(), String> {
        if time > self.to {
            return Err("lies more than an hour ahead of our clock".to_owned());
        }
        if time < self.from {
            return Err(format!(
                "lies before {}, the earliest time accepted with this key",
                self.from.to_rfc3339()
            ));
        }
        Ok(())
    }
}

/// The time inside an id that is a UUID of version 7 or a ULID.
pub(crate) fn time_in_id(id: &str) -> Option<DateTime<Utc>> {
    let millis = match id.len() {
        36 => {
            let id = uuid::Uuid::try_parse(id).ok().filter(|id| id.get_version_num() == 7)?;
            let (seconds, nanos) = id.get_timestamp()?.to_unix();
            return DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos);
        }
        26 => ulid::Ulid::from_string(id).ok()?.timestamp_ms(),
        _ => return None,
    };
    DateTime::from_timestamp_millis(i64::try_from(millis).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuid_v7_and_ulid_carry_their_time_and_others_do_not() {
        for (id, millis) in [
            ("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", Some(1_645_557_742_000)),
            ("01FWHE4YDGFK1SHH6W1G60EECF", Some(1_645_557_742_000)),
            ("550e8400-e29b-41d4-a716-446655440000", None),
            ("A-1001", None),
            ("01FWHE4YDGFK1SHH6W1G60EEC!", None),
        ] {
            assert_eq!(time_in_id(id).map(|time| time.timestamp_millis()), millis, "{id}");
        }
    }

    #[test]
    fn a_page_reports_a_week_back_and_a_server_history() {
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 5, 0, 0).unwrap();
        let ago = |days| now - Duration::days(days);
        let kept = Some(Minute::of(ago(30)));
        for (trust, kept, time, accepted) in [
            (Trust::Public, None, ago(6), true),
            (Trust::Public, None, ago(8), false),
            (Trust::Secret, None, ago(13_000), true),
            (Trust::Secret, None, ago(14_000), false),
            (Trust::Secret, kept, ago(29), true),
            (Trust::Secret, kept, ago(31), false),
            (Trust::Public, kept, ago(8), false),
            (Trust::Secret, None, now + Duration::minutes(59), true),
            (Trust::Secret, None, now + Duration::minutes(61), false),
        ] {
            assert_eq!(Window::new(now, trust, kept).check(time).is_ok(), accepted, "{trust:?} {time}");
        }
    }
}
