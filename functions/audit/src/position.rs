//! Where a recount has got to, and what it knows of the day that it is in, as an opaque text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use reckon_core::domain::calendar::{Calendar, Hour, Minute};
use reckon_core::domain::fingerprint::Fingerprint;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use serde::{Deserialize, Serialize};

/// What the mark is on.
const ROLE: &str = "recount";

/// How the rollups of one level of a day compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Those that are what the events add up to.
    pub(crate) same: u64,
    /// Those whose recount is due.
    pub(crate) pending: u64,
    /// Those that say something else.
    pub(crate) different: u64,
    /// Hours and days that are not folded yet.
    pub(crate) not_sealed: u64,
    /// Those that could not be compared, because what lies below differs and was read for an earlier page.
    pub(crate) not_compared: u64,
}

/// What is known of a day so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    /// Events, one of each id.
    pub(crate) events: u64,
    /// Stored versions of them, readable or not.
    pub(crate) versions: u64,
    /// Events that were withdrawn.
    pub(crate) withdrawn: u64,
    /// Versions that cannot be read.
    pub(crate) unreadable: u64,
    /// The hash of all events.
    pub(crate) fingerprint: Fingerprint,
    /// Whether raw events of a part of it have expired.
    pub(crate) expired: bool,
    /// The rollups of its minutes and lanes.
    pub(crate) minutes: Tally,
    /// The rollups of its hours.
    pub(crate) hours: Tally,
    /// The rollup of the day.
    pub(crate) days: Tally,
    /// Its hours that are not what the events add up to.
    pub(crate) off: Vec<Hour>,
    /// Whether a minute of the hour in which the last page ended is not what its events add up to.
    pub(crate) hour_off: bool,
}

/// Where to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The days that were asked for.
    pub(crate) asked: (NaiveDate, NaiveDate),
    /// The day.
    pub(crate) date: NaiveDate,
    /// The next minute of it.
    pub(crate) at: Minute,
    /// What is known of that day.
    pub(crate) known: Known,
}

impl Position {
    /// The beginning.
    pub(crate) fn start(from: NaiveDate, to: NaiveDate, calendar: Calendar) -> Self {
        Self { asked: (from, to), date: from, at: calendar.start_of_date(from), known: Known::default() }
    }

    /// The beginning of a day.
    pub(crate) fn of_day(asked: (NaiveDate, NaiveDate), date: NaiveDate, calendar: Calendar) -> Self {
        Self { asked, date, at: calendar.start_of_date(date), known: Known::default() }
    }

    /// Its text, with a mark of the site: what it knows goes into the answer, and must be what was counted.
    pub(crate) fn text(&self, site: &Site) -> String {
        // Writing plain data to a vector cannot fail.
        let bytes = postcard::to_stdvec(self).unwrap_or_default();
        let mark = site.mark(ROLE, &bytes).to_be_bytes();
        URL_SAFE_NO_PAD.encode([&mark, bytes.as_slice()].concat())
    }

    /// Reads a text that [`Self::text`] made for the same site and question.
    pub(crate) fn parse(text: &str, asked: (NaiveDate, NaiveDate), site: &Site) -> Option<Self> {
        let marked = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (mark, bytes) = marked.split_first_chunk()?;
        let ours = u64::from_be_bytes(*mark) == site.mark(ROLE, bytes) || !stands(Guard::CursorMarked);
        let position: Self = postcard::from_bytes(bytes).ok().filter(|_| ours)?;
        let calendar = site.calendar();
        let own = position.asked == asked && (asked.0..=asked.1).contains(&position.date);
        let bounds = calendar.start_of_date(position.date)..=calendar.end_of_date(position.date);
        (own && bounds.contains(&position.at)).then_some(position)
    }
}
