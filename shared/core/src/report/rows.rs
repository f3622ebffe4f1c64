//! Computing: metrics of rows, their shares, and how they changed.

use std::collections::BTreeMap;

use crate::domain::counts::Counts;
use crate::domain::decimal::Decimal;
use crate::domain::dimension::Dimension;
use crate::domain::kpi::{Metric, Metrics, Reasons, Totals, divide};
use crate::domain::site::Site;
use serde::Serialize;

/// The metrics of one set of events, with the reason for each that is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Figures {
    /// All metrics.
    pub metrics: Metrics,
    /// Why some are null.
    pub undefined: Reasons,
}

/// How one metric differs from the other period's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Change {
    /// This period's minus the other's; null where either is undefined.
    pub delta: Option<Decimal>,
    /// The delta as a fraction of the other's size; null, not 100 %, where that is zero.
    pub ratio: Option<Decimal>,
}

/// The changes of all metrics, by name.
pub type Changes = BTreeMap<&'static str, Change>;

/// A row of a report: the values of its dimensions and its figures.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Row {
    #[serde(flatten)]
    /// What the row is about, by dimension.
    #[cfg_attr(feature = "contract", schema(value_type = crate::contract::ByDimension))]
    pub values: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// Its place, from 1.
    pub rank: Option<usize>,
    #[serde(flatten)]
    /// Its metrics.
    pub figures: Figures,
    /// Its shares of the total.
    #[cfg_attr(feature = "contract", schema(value_type = crate::contract::ShareOfMetrics))]
    pub share: BTreeMap<&'static str, Option<Decimal>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// How it changed, where it is compared.
    #[cfg_attr(feature = "contract", schema(value_type = crate::contract::ChangeOfMetrics))]
    pub change: Option<Changes>,
}

/// Reads counts by the site's kinds.
pub fn totals(counts: Counts, site: &Site) -> Totals {
    Totals::of(counts, &site.conversion_kinds, &site.acquisition_kinds)
}

impl Figures {
    /// The metrics of some totals.
    pub fn of(totals: &Totals) -> Self {
        Self { metrics: Metrics(totals.clone()), undefined: Reasons(totals.clone()) }
    }
}

/// The values of a row, by dimension.
pub fn values(group: &[Dimension], key: &[String]) -> BTreeMap<&'static str, String> {
    group.iter().map(|dimension| dimension.as_str()).zip(key.iter().cloned()).collect()
}

/// How every metric changed.
pub fn changes(now: &Totals, before: &Totals) -> Changes {
    Metric::ALL
        .into_iter()
        .map(|metric| {
            let both = metric.value(now).ok().zip(metric.value(before).ok());
            let delta = both.map(|(now, before)| now - before);
            let ratio = both.and_then(|(now, before)| {
                let size = Decimal::from_millionths(before.millionths().saturating_abs());
                divide(now - before, size)
            });
            (metric.as_str(), Change { delta, ratio })
        })
        .collect()
}

/// The share of the total, of every metric that adds up; null where the total is zero.
pub fn shares(row: &Totals, total: &Totals) -> BTreeMap<&'static str, Option<Decimal>> {
    let adds_up = Metric::ALL.into_iter().filter(|metric| metric.quotient().is_none());
    adds_up
        .map(|metric| {
            let both = metric.value(row).ok().zip(metric.value(total).ok());
            (metric.as_str(), both.and_then(|(row, total)| divide(row, total)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_from_zero_has_no_ratio_and_one_from_a_loss_keeps_its_sign() {
        let spent = |spend, sales| Totals {
            counts: Counts {
                spend: Decimal::whole(spend),
                sales_value: Decimal::whole(sales),
                ..Counts::default()
            },
            ..Totals::default()
        };
        let (nothing, loss, gain) = (spent(0, 0), spent(10, 0), spent(10, 15));
        let change = |now, before, metric: Metric| changes(now, before)[metric.as_str()];
        let text = |number: Option<Decimal>| number.map(Decimal::text);
        let from_zero = change(&loss, &nothing, Metric::Spend);
        assert_eq!((text(from_zero.delta), text(from_zero.ratio)), (Some("10".to_owned()), None));
        let from_loss = change(&gain, &loss, Metric::Profit);
        assert_eq!(
            (text(from_loss.delta), text(from_loss.ratio)),
            (Some("15".to_owned()), Some("1.5".to_owned()))
        );
        let undefined = change(&gain, &nothing, Metric::Roas);
        assert_eq!((undefined.delta, undefined.ratio), (None, None));
    }
}
