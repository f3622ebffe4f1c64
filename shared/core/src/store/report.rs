//! Fetching what a report needs: each stretch by the cheapest query that answers it.

use super::Store;
use super::error::StoreError;
use super::minutes::Detail;
use super::state::State;
use crate::domain::calendar::{Calendar, Minute};
use crate::domain::names::SiteId;
use crate::domain::report::{Grain, Piece, Span, Stretch, cover};
use crate::domain::rollup::{Rollup, View};
use crate::guard::{Guard, stands};

impl Store {
    /// The rows of `view` over `span`, from the largest rollups that may be trusted.
    ///
    /// `state` must have been read before. Cost: about 100 bytes a day, hour or minute for the total view.
    pub async fn pieces(
        &self,
        site: &SiteId,
        calendar: Calendar,
        state: &State,
        view: View,
        span: Span,
        largest: Grain,
    ) -> Result<Vec<Piece>, StoreError> {
        let trusted = if stands(Guard::TrustSealed) { state.sealed } else { span.to };
        let stretches = cover(span, trusted, largest, calendar);
        let fetched = stretches.into_iter().map(|stretch| self.stretch(site, calendar, view, stretch));
        let mut pieces = Vec::new();
        for chunk in futures::future::try_join_all(fetched).await? {
            pieces.extend(chunk);
        }
        Ok(pieces)
    }

    async fn stretch(
        &self,
        site: &SiteId,
        calendar: Calendar,
        view: View,
        stretch: Stretch,
    ) -> Result<Vec<Piece>, StoreError> {
        let piece = |start: Minute, rollup: Rollup| Piece { start, rows: rollup.rows(view) };
        Ok(match stretch {
            Stretch::Days(from, to) => {
                let days = self.days(site, view, (from, to)).await?;
                days.into_iter().map(|(date, rollup)| piece(calendar.start_of_date(date), rollup)).collect()
            }
            Stretch::Hours(from, to) => {
                let hours = self.hours(site, view, (from, to)).await?;
                hours.into_iter().map(|(hour, rollup)| piece(hour.start(), rollup)).collect()
            }
            Stretch::Minutes(hour, from, to) => {
                let detail = if view.is_in_head() { Detail::Head } else { Detail::All };
                let minutes = self.minutes(site, hour, (from, to), detail).await?;
                minutes.into_iter().map(|((minute, _), rollup)| piece(minute, rollup)).collect()
            }
        })
    }
}
