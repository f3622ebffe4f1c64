//! Busy minutes: which minutes have events worth reading, by the rollups, so that no other raw events are read.

use std::collections::{BTreeMap, BTreeSet};

use super::Store;
use super::error::StoreError;
use super::minutes::Detail;
use super::state::State;
use crate::domain::calendar::{Hour, Minute};
use crate::domain::report::{Grain, Span};
use crate::domain::rollup::{Rows, View};
use crate::domain::site::Site;

impl Store {
    /// The minutes of a span for whose rows `counts` holds, and how many stored versions of events each has.
    ///
    /// `span` begins with a local hour. `state` must have been read before. Cost: that of the span's hours, and of the
    /// minutes of those hours for which `counts` holds.
    pub async fn busy_minutes(
        &self,
        site: &Site,
        state: &State,
        span: Span,
        counts: impl Fn(&Rows) -> bool,
    ) -> Result<BTreeMap<Minute, u64>, StoreError> {
        let calendar = site.calendar();
        let pieces = self.pieces(&site.id, calendar, state, View::TOTAL, span, Grain::Hour).await?;
        let busy = pieces.iter().filter(|piece| counts(&piece.rows));
        // An hour that is not sealed, or that the span cuts, comes in pieces.
        let hours: BTreeSet<Hour> = busy.map(|piece| calendar.hour_of(piece.start)).collect();
        let mut minutes: BTreeMap<Minute, u64> = BTreeMap::new();
        for hour in hours {
            let within = (hour.start(), calendar.end_of_hour(hour).min(span.to));
            let counted = self.minutes(&site.id, hour, within, Detail::Head).await?;
            for ((minute, _), rollup) in counted {
                if counts(&rollup.rows(View::TOTAL)) {
                    *minutes.entry(minute).or_default() += rollup.n;
                }
            }
        }
        Ok(minutes)
    }
}
