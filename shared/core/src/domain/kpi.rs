//! Every metric of a report with its formula. Only this file divides figures; `attribution` and `lifetime` are statistics
//! of their own.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::counts::Counts;
use super::decimal::Decimal;
use super::event::Kind;

/// What a set of events added up to, with the site's own meaning of conversion and acquisition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The counts and sums.
    pub counts: Counts,
    /// Events of the site's conversion kinds.
    pub conversions: u64,
    /// Events of the site's acquisition kinds.
    pub acquisitions: u64,
}

impl Totals {
    /// Reads counts by a site's kinds.
    pub fn of(counts: Counts, conversion_kinds: &[Kind], acquisition_kinds: &[Kind]) -> Self {
        let sum = |kinds: &[Kind]| kinds.iter().map(|kind| counts.of_kind(*kind)).sum();
        Self { conversions: sum(conversion_kinds), acquisitions: sum(acquisition_kinds), counts }
    }
}

/// What a metric is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Events.
    Count,
    /// The site's currency.
    Money,
    /// A fraction; 0.25 is 25 %.
    Ratio,
}

/// Every figure that a report can give of a set of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`Metric::meaning` documents each where clients can read it, too")]
pub enum Metric {
    Impressions,
    Views,
    Visits,
    Engagements,
    Clicks,
    Leads,
    Signups,
    Subscriptions,
    Sales,
    Refunds,
    Conversions,
    Acquisitions,
    Invalid,
    Pending,
    Rejected,
    GrossRevenue,
    Refunded,
    Revenue,
    Spend,
    Cost,
    Profit,
    Ctr,
    Cvr,
    Cpc,
    Cpm,
    Cpl,
    Cps,
    Cpa,
    CostPerConversion,
    Roas,
    Roi,
    Aov,
    Epc,
    RefundRate,
}

/// A KPI's two sides, `factor * over / under`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotient {
    /// What the numerator is multiplied with; 1000 for cost per mille.
    pub factor: i128,
    /// The numerator.
    pub over: Side,
    /// The denominator.
    pub under: Metric,
}

/// A numerator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A metric that is no quotient itself.
    Of(Metric),
    /// What the sales alone were worth.
    SalesValue,
}

/// Why a KPI has no value: its denominator is zero. `Display` says so, as in "no impressions".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {}", .0.as_str().replace('_', " "))]
pub struct Undefined(pub Metric);

impl Metric {
    /// Every metric, in the order of answers.
    pub const ALL: [Self; 34] = [
        Self::Impressions,
        Self::Views,
        Self::Visits,
        Self::Engagements,
        Self::Clicks,
        Self::Leads,
        Self::Signups,
        Self::Subscriptions,
        Self::Sales,
        Self::Refunds,
        Self::Conversions,
        Self::Acquisitions,
        Self::Invalid,
        Self::Pending,
        Self::Rejected,
        Self::GrossRevenue,
        Self::Refunded,
        Self::Revenue,
        Self::Spend,
        Self::Cost,
        Self::Profit,
        Self::Ctr,
        Self::Cvr,
        Self::Cpc,
        Self::Cpm,
        Self::Cpl,
        Self::Cps,
        Self::Cpa,
        Self::CostPerConversion,
        Self::Roas,
        Self::Roi,
        Self::Aov,
        Self::Epc,
        Self::RefundRate,
    ];

    /// Its name on the wire and its meaning for people.
    const fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::Impressions => ("impressions", "ads and links shown"),
            Self::Views => ("views", "pages viewed"),
            Self::Visits => ("visits", "views that began a visit, coming from elsewhere or from nowhere"),
            Self::Engagements => ("engagements", "deeds short of a result, such as a video played"),
            Self::Clicks => ("clicks", "clicks on ads and tracked links"),
            Self::Leads => ("leads", "contacts left"),
            Self::Signups => ("signups", "accounts opened"),
            Self::Subscriptions => ("subscriptions", "subscriptions begun"),
            Self::Sales => ("sales", "sales"),
            Self::Refunds => ("refunds", "refunds, at their own time"),
            Self::Conversions => ("conversions", "events of the site's conversion kinds"),
            Self::Acquisitions => ("acquisitions", "events of the site's acquisition kinds"),
            Self::Invalid => ("invalid", "anything that robots did; counted nowhere else"),
            Self::Pending => ("pending", "results counted above that are not decided yet"),
            Self::Rejected => ("rejected", "results that were refused; counted nowhere else"),
            Self::GrossRevenue => ("gross_revenue", "value of sales and subscriptions"),
            Self::Refunded => ("refunded", "value of refunds"),
            Self::Revenue => ("revenue", "gross_revenue - refunded"),
            Self::Spend => ("spend", "money spent on marketing"),
            Self::Cost => ("cost", "spend + payouts to partners (none are recorded yet)"),
            Self::Profit => ("profit", "revenue - cost"),
            Self::Ctr => ("ctr", "click-through rate"),
            Self::Cvr => ("cvr", "conversion rate of clicks"),
            Self::Cpc => ("cpc", "cost per click"),
            Self::Cpm => ("cpm", "cost per thousand impressions"),
            Self::Cpl => ("cpl", "cost per lead"),
            Self::Cps => ("cps", "cost per sale"),
            Self::Cpa => ("cpa", "cost per acquisition"),
            Self::CostPerConversion => ("cost_per_conversion", "cost per conversion"),
            Self::Roas => ("roas", "return on ad spend"),
            Self::Roi => ("roi", "return on investment"),
            Self::Aov => ("aov", "average order value"),
            Self::Epc => ("epc", "earnings per click"),
            Self::RefundRate => ("refund_rate", "refunds per sale"),
        }
    }

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        self.described().0
    }

    /// What it means, in a few words.
    pub const fn meaning(self) -> &'static str {
        self.described().1
    }

    /// The metric of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.as_str() == name)
    }

    /// Its two sides, where it is a quotient.
    pub const fn quotient(self) -> Option<Quotient> {
        let (over, under) = match self {
            Self::Ctr => (Self::Clicks, Self::Impressions),
            Self::Cvr => (Self::Conversions, Self::Clicks),
            Self::Cpc => (Self::Spend, Self::Clicks),
            Self::Cpm => {
                return Some(Quotient {
                    factor: 1000,
                    over: Side::Of(Self::Spend),
                    under: Self::Impressions,
                });
            }
            Self::Cpl => (Self::Spend, Self::Leads),
            Self::Cps => (Self::Spend, Self::Sales),
            Self::Cpa => (Self::Spend, Self::Acquisitions),
            Self::CostPerConversion => (Self::Spend, Self::Conversions),
            Self::Roas => (Self::Revenue, Self::Spend),
            Self::Roi => (Self::Profit, Self::Cost),
            Self::Aov => return Some(Quotient { factor: 1, over: Side::SalesValue, under: Self::Sales }),
            Self::Epc => (Self::Revenue, Self::Clicks),
            Self::RefundRate => (Self::Refunds, Self::Sales),
            _ => return None,
        };
        Some(Quotient { factor: 1, over: Side::Of(over), under })
    }

    /// The formula as people write it; for counts and sums, what is added.
    pub fn formula(self) -> String {
        let Some(Quotient { factor, over, under }) = self.quotient() else {
            return self.meaning().to_owned();
        };
        let over = match over {
            Side::Of(Self::Profit) => "(revenue - cost)",
            Side::Of(metric) => metric.as_str(),
            Side::SalesValue => "value of sales",
        };
        let factor = if factor == 1 { String::new() } else { format!("{factor} * ") };
        format!("{factor}{over} / {}", under.as_str())
    }

    /// What it is measured in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::GrossRevenue
            | Self::Refunded
            | Self::Revenue
            | Self::Spend
            | Self::Cost
            | Self::Profit
            | Self::Cpc
            | Self::Cpm
            | Self::Cpl
            | Self::Cps
            | Self::Cpa
            | Self::CostPerConversion
            | Self::Aov
            | Self::Epc => Unit::Money,
            Self::Ctr | Self::Cvr | Self::Roas | Self::Roi | Self::RefundRate => Unit::Ratio,
            _ => Unit::Count,
        }
    }

    /// Its value for a set of events, or why there is none.
    pub fn value(self, totals: &Totals) -> Result<Decimal, Undefined> {
        if let Some(Quotient { factor, over, under }) = self.quotient() {
            let over = match over {
                Side::Of(metric) => metric.value(totals)?,
                Side::SalesValue => totals.counts.sales_value,
            };
            let over = Decimal::from_millionths(over.millionths().saturating_mul(factor));
            return divide(over, under.value(totals)?).ok_or(Undefined(under));
        }
        let counts = &totals.counts;
        let gross = counts.sales_value + counts.subscriptions_value;
        Ok(match self {
            Self::Impressions => Decimal::whole(counts.impressions),
            Self::Views => Decimal::whole(counts.views),
            Self::Visits => Decimal::whole(counts.visits),
            Self::Engagements => Decimal::whole(counts.engagements),
            Self::Clicks => Decimal::whole(counts.clicks),
            Self::Leads => Decimal::whole(counts.leads),
            Self::Signups => Decimal::whole(counts.signups),
            Self::Subscriptions => Decimal::whole(counts.subscriptions),
            Self::Sales => Decimal::whole(counts.sales),
            Self::Refunds => Decimal::whole(counts.refunds),
            Self::Conversions => Decimal::whole(totals.conversions),
            Self::Acquisitions => Decimal::whole(totals.acquisitions),
            Self::Invalid => Decimal::whole(counts.invalid),
            Self::Pending => Decimal::whole(counts.pending),
            Self::Rejected => Decimal::whole(counts.rejected),
            Self::GrossRevenue => gross,
            Self::Refunded => counts.refunded,
            Self::Revenue => gross - counts.refunded,
            Self::Profit => gross - counts.refunded - counts.spend,
            // Spend, and cost, which will be more than spend once payouts are recorded.
            _ => counts.spend,
        })
    }
}

/// `over / under`, rounded half away from zero to six decimals; `None` when `under` is zero.
pub fn divide(over: Decimal, under: Decimal) -> Option<Decimal> {
    proportion(over, Decimal::SCALE, under.millionths())
}

/// `whole * over / under` for shares and paces, rounded like [`divide`].
pub fn proportion(whole: Decimal, over: i128, under: i128) -> Option<Decimal> {
    let scaled = whole.millionths().checked_mul(over)?;
    let (quotient, rest) = (scaled.checked_div(under)?, scaled.checked_rem(under)?);
    let round_up = rest.unsigned_abs() >= under.unsigned_abs() - rest.unsigned_abs();
    let away = if (scaled < 0) == (under < 0) { 1 } else { -1 };
    Some(Decimal::from_millionths(if round_up && rest != 0 { quotient + away } else { quotient }))
}

/// All metrics of a set of events as one flat JSON object, undefined ones as null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics(pub Totals);

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Metric::ALL.len()))?;
        for metric in Metric::ALL {
            map.serialize_entry(metric.as_str(), &metric.value(&self.0).ok())?;
        }
        map.end()
    }
}

/// The reason for each metric that is null, as one JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasons(pub Totals);

impl Serialize for Reasons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let undefined =
            Metric::ALL.into_iter().filter_map(|metric| Some((metric, metric.value(&self.0).err()?)));
        serializer.collect_map(undefined.map(|(metric, reason)| (metric.as_str(), reason.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(metric: Metric, totals: &Totals) -> Result<String, String> {
        metric.value(totals).map(Decimal::text).map_err(|reason| reason.to_string())
    }

    #[test]
    fn division_rounds_half_away_from_zero_to_six_decimals() {
        for (over, under, expected) in [
            ("1", "3", Some("0.333333")),
            ("2", "3", Some("0.666667")),
            ("-2", "3", Some("-0.666667")),
            ("0.000001", "2", Some("0.000001")),
            ("-0.000001", "2", Some("-0.000001")),
            ("0.000001", "3", Some("0")),
            ("1", "8", Some("0.125")),
            ("0", "5", Some("0")),
            ("5", "0", None),
            ("0", "0", None),
        ] {
            let quotient = divide(Decimal::parse(over).unwrap(), Decimal::parse(under).unwrap());
            assert_eq!(quotient.map(Decimal::text).as_deref(), expected, "{over} / {under}");
        }
    }

    #[test]
    fn every_kpi_follows_its_formula() {
        let counts = Counts {
            impressions: 1_000,
            clicks: 25,
            leads: 3,
            sales: 2,
            subscriptions: 1,
            refunds: 1,
            sales_value: Decimal::parse("99.8").unwrap(),
            subscriptions_value: Decimal::parse("20").unwrap(),
            refunded: Decimal::parse("9.8").unwrap(),
            spend: Decimal::parse("12.5").unwrap(),
            ..Counts::default()
        };
        let kinds = [Kind::Lead, Kind::Subscription, Kind::Sale];
        let totals = Totals::of(counts, &kinds, &kinds[1..]);
        for (metric, expected) in [
            (Metric::Conversions, "6"),
            (Metric::Acquisitions, "3"),
            (Metric::GrossRevenue, "119.8"),
            (Metric::Revenue, "110"),
            (Metric::Cost, "12.5"),
            (Metric::Profit, "97.5"),
            (Metric::Ctr, "0.025"),
            (Metric::Cvr, "0.24"),
            (Metric::Cpc, "0.5"),
            (Metric::Cpm, "12.5"),
            (Metric::Cpl, "4.166667"),
            (Metric::Cps, "6.25"),
            (Metric::Cpa, "4.166667"),
            (Metric::CostPerConversion, "2.083333"),
            (Metric::Roas, "8.8"),
            (Metric::Roi, "7.8"),
            (Metric::Aov, "49.9"),
            (Metric::Epc, "4.4"),
            (Metric::RefundRate, "0.5"),
        ] {
            assert_eq!(text(metric, &totals).as_deref(), Ok(expected), "{}", metric.as_str());
        }
    }

    #[test]
    fn a_kpi_without_its_denominator_is_null_and_says_why() {
        let empty = Totals::default();
        for metric in Metric::ALL {
            match metric.quotient() {
                None => assert_eq!(text(metric, &empty).as_deref(), Ok("0")),
                Some(quotient) => {
                    let reason = format!("no {}", quotient.under.as_str());
                    assert_eq!(text(metric, &empty), Err(reason), "{}", metric.as_str());
                }
            }
        }
        let json = serde_json::to_value(Metrics(empty.clone())).unwrap();
        assert_eq!(json["ctr"], serde_json::Value::Null);
        assert_eq!(serde_json::to_value(Reasons(empty)).unwrap()["ctr"], "no impressions");
    }

    #[test]
    fn formulas_read_as_marketers_write_them() {
        assert_eq!(Metric::Ctr.formula(), "clicks / impressions");
        assert_eq!(Metric::Cpm.formula(), "1000 * spend / impressions");
        assert_eq!(Metric::Roi.formula(), "(revenue - cost) / cost");
        assert_eq!(Metric::Aov.formula(), "value of sales / sales");
    }

    #[test]
    fn metrics_are_read_back_from_their_names() {
        for metric in Metric::ALL {
            assert_eq!(Metric::parse(metric.as_str()), Some(metric));
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.as_str());
        }
    }
}
