//! What events add up to: the counts and sums that every figure is computed from.

use serde::{Deserialize, Serialize};

use super::decimal::{Decimal, Money};
use super::event::{Event, Kind, Status};

/// Counts and sums of a set of events. Adding is exact, commutative and associative, up to 2^64 events.
///
/// Unit: events (times their `count`) and [`Money`]. What robots did is in `invalid` alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Ads and links shown.
    pub impressions: u64,
    /// Pages viewed.
    pub views: u64,
    /// Views that began a visit.
    pub visits: u64,
    /// Engagements.
    pub engagements: u64,
    /// Clicks.
    pub clicks: u64,
    /// Leads.
    pub leads: u64,
    /// Accounts opened.
    pub signups: u64,
    /// Subscriptions begun.
    pub subscriptions: u64,
    /// Sales.
    pub sales: u64,
    /// Refunds.
    pub refunds: u64,
    /// Anything that robots did.
    pub invalid: u64,
    /// Results among the above that are not decided yet.
    pub pending: u64,
    /// Results that were refused; they count nowhere else.
    pub rejected: u64,
    /// What the sales were worth.
    pub sales_value: Money,
    /// What the subscriptions were worth.
    pub subscriptions_value: Money,
    /// What went back to buyers.
    pub refunded: Money,
    /// What was spent on marketing.
    pub spend: Money,
}

impl Counts {
    /// What one event adds.
    pub fn of(event: &Event) -> Self {
        let sent = &event.sent;
        let count = u64::from(sent.count);
        let value = sent.value.unwrap_or_default();
        let mut counts = Self::default();
        if sent.void {
            return counts;
        }
        if event.derived.robot {
            counts.invalid = count;
            return counts;
        }
        match sent.decision.as_ref().map(|decision| decision.status) {
            Some(Status::Rejected) => {
                counts.rejected = count;
                return counts;
            }
            Some(Status::Pending) => counts.pending = count,
            Some(Status::Approved) | None => {}
        }
        match sent.kind {
            Kind::Impression => counts.impressions = count,
            Kind::View => {
                counts.views = count;
                counts.visits = if event.derived.visit { count } else { 0 };
            }
            Kind::Engagement => counts.engagements = count,
            Kind::Click => counts.clicks = count,
            Kind::Lead => counts.leads = count,
            Kind::Signup => counts.signups = count,
            Kind::Subscription => (counts.subscriptions, counts.subscriptions_value) = (count, value),
            Kind::Sale => (counts.sales, counts.sales_value) = (count, value),
            Kind::Refund => (counts.refunds, counts.refunded) = (count, value),
            Kind::Spend => counts.spend = value,
        }
        counts
    }

    /// How often events of `kind` happened; spend is an amount and counts nothing.
    pub const fn of_kind(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Impression => self.impressions,
            Kind::View => self.views,
            Kind::Engagement => self.engagements,
            Kind::Click => self.clicks,
            Kind::Lead => self.leads,
            Kind::Signup => self.signups,
            Kind::Subscription => self.subscriptions,
            Kind::Sale => self.sales,
            Kind::Refund => self.refunds,
            Kind::Spend => 0,
        }
    }

    /// Adds what another set of events added up to.
    pub fn add(&mut self, other: &Self) {
        self.impressions = self.impressions.saturating_add(other.impressions);
        self.views = self.views.saturating_add(other.views);
        self.visits = self.visits.saturating_add(other.visits);
        self.engagements = self.engagements.saturating_add(other.engagements);
        self.clicks = self.clicks.saturating_add(other.clicks);
        self.leads = self.leads.saturating_add(other.leads);
        self.signups = self.signups.saturating_add(other.signups);
        self.subscriptions = self.subscriptions.saturating_add(other.subscriptions);
        self.sales = self.sales.saturating_add(other.sales);
        self.refunds = self.refunds.saturating_add(other.refunds);
        self.invalid = self.invalid.saturating_add(other.invalid);
        self.pending = self.pending.saturating_add(other.pending);
        self.rejected = self.rejected.saturating_add(other.rejected);
        self.sales_value += other.sales_value;
        self.subscriptions_value += other.subscriptions_value;
        self.refunded += other.refunded;
        self.spend += other.spend;
    }

    /// All counts times so many; what is money stays nothing.
    #[must_use]
    pub fn times(&self, factor: u64) -> Self {
        let times = |count: u64| count.saturating_mul(factor);
        Self {
            impressions: times(self.impressions),
            views: times(self.views),
            visits: times(self.visits),
            engagements: times(self.engagements),
            clicks: times(self.clicks),
            leads: times(self.leads),
            signups: times(self.signups),
            subscriptions: times(self.subscriptions),
            sales: times(self.sales),
            refunds: times(self.refunds),
            invalid: times(self.invalid),
            pending: times(self.pending),
            rejected: times(self.rejected),
            ..Self::default()
        }
    }

    /// Every count and sum by its name, counts as whole numbers.
    pub fn figures(&self) -> [(&'static str, Decimal); 17] {
        let count = |name, count: u64| (name, Decimal::whole(count));
        [
            count("impressions", self.impressions),
            count("views", self.views),
            count("visits", self.visits),
            count("engagements", self.engagements),
            count("clicks", self.clicks),
            count("leads", self.leads),
            count("signups", self.signups),
            count("subscriptions", self.subscriptions),
            count("sales", self.sales),
            count("refunds", self.refunds),
            count("invalid", self.invalid),
            count("pending", self.pending),
            count("rejected", self.rejected),
            ("sales_value", self.sales_value),
            ("subscriptions_value", self.subscriptions_value),
            ("refunded", self.refunded),
            ("spend", self.spend),
        ]
    }

    /// All that was counted, for ordering rows by weight.
    pub const fn weight(&self) -> u64 {
        self.impressions
            + self.views
            + self.engagements
            + self.clicks
            + self.leads
            + self.signups
            + self.subscriptions
            + self.sales
            + self.refunds
            + self.invalid
            + self.rejected
    }

    /// Whether any amount of money is in it.
    pub fn has_money(&self) -> bool {
        let amounts = [self.sales_value, self.subscriptions_value, self.refunded, self.spend];
        amounts.iter().any(|amount| *amount != Money::ZERO)
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
