//! Known customers day by day: what each bought and sent back, and what acquired them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calendar::Calendar;
use super::channel::Channel;
use super::counts::Counts;
use super::decimal::Money;
use super::dimension::OTHER;
use super::event::{Kind, PersonHash};
use super::report::Piece;

/// The most customers that a report follows: a few words of memory for each.
pub const MOST_CUSTOMERS: usize = 100_000;

/// More customers than [`MOST_CUSTOMERS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("There are more than {MOST_CUSTOMERS} customers, which is more than a report follows.")]
pub struct TooManyCustomers;

/// What was bought and sent back. Adding is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takings {
    /// Sales and subscriptions.
    pub orders: u64,
    /// What they were worth.
    pub gross_revenue: Money,
    /// What went back to buyers.
    pub refunded: Money,
}

/// What one customer did on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doings {
    /// The channel of the day's events of an acquisition kind; where there are several, the first by name.
    pub acquired_by: Option<Channel>,
    /// What was bought and sent back.
    pub takings: Takings,
}

/// What all known customers did on one local day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: NaiveDate,
    /// By customer.
    pub customers: BTreeMap<PersonHash, Doings>,
    /// Of customers whose rows were folded for their number, so that nobody knows whose it was.
    pub folded: Takings,
    /// How many rows were.
    pub folded_rows: u64,
}

impl Takings {
    /// Reads counts.
    pub fn of(counts: &Counts) -> Self {
        Self {
            orders: counts.sales + counts.subscriptions,
            gross_revenue: counts.sales_value + counts.subscriptions_value,
            refunded: counts.refunded,
        }
    }

    /// What is left of the gross revenue.
    pub fn revenue(self) -> Money {
        self.gross_revenue - self.refunded
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.orders = self.orders.saturating_add(other.orders);
        self.gross_revenue += other.gross_revenue;
        self.refunded += other.refunded;
    }

    /// What is left without others that are part of these.
    #[must_use]
    pub fn without(self, part: Self) -> Self {
        Self {
            orders: self.orders.saturating_sub(part.orders),
            gross_revenue: self.gross_revenue - part.gross_revenue,
            refunded: self.refunded - part.refunded,
        }
    }
}

impl Doings {
    fn add(&mut self, channel: Channel, counts: &Counts, acquisition_kinds: &[Kind]) {
        self.takings.add(Takings::of(counts));
        if acquisition_kinds.iter().any(|kind| counts.of_kind(*kind) > 0) {
            let channels = self.acquired_by.into_iter().chain([channel]);
            self.acquired_by = channels.min_by_key(|channel| channel.as_str());
        }
    }
}

/// The days of some pieces of the customers' view, in order. Every piece of a day must be among them.
pub fn days(pieces: &[Piece], calendar: Calendar, acquisition_kinds: &[Kind]) -> Vec<Day> {
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for piece in pieces {
        let date = calendar.date_of(piece.start);
        let day = days.entry(date).or_insert_with(|| Day {
            date,
            customers: BTreeMap::new(),
            folded: Takings::default(),
            folded_rows: 0,
        });
        day.folded_rows += piece.rows.folded();
        for (values, row) in piece.rows.iter() {
            let known = match values {
                [customer, channel] if customer != OTHER => {
                    u64::from_str_radix(customer, 16).ok().map(|hash| (PersonHash(hash), channel))
                }
                _ => None,
            };
            let Some((customer, channel)) = known else {
                day.folded.add(Takings::of(&row.counts));
                continue;
            };
            let channel = Channel::parse(channel).unwrap_or(Channel::Unassigned);
            day.customers.entry(customer).or_default().add(channel, &row.counts, acquisition_kinds);
        }
    }
    days.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Minute;
    use crate::domain::rollup::Rows;
    use crate::domain::site::DEFAULT_ACQUISITIONS;
    use chrono::{DateTime, Utc};

    fn piece(start: &str, rows: &[(&str, &str, Counts)]) -> Piece {
        let mut all = Rows::default();
        for (customer, channel, counts) in rows {
            all.add(vec![(*customer).to_owned(), (*channel).to_owned()], counts, true);
        }
        Piece { start: Minute::of(start.parse::<DateTime<Utc>>().unwrap()), rows: all }
    }

    fn sold(number: u64) -> Counts {
        Counts { sales: number, sales_value: Money::whole(10 * number), ..Counts::default() }
    }

    #[test]
    fn the_pieces_of_a_day_are_put_together_and_the_first_channel_by_name_acquires() {
        let signup = Counts { signups: 1, ..Counts::default() };
        let refund = Counts { refunds: 1, refunded: Money::whole(4), ..Counts::default() };
        let pieces = [
            piece("2026-11-22T23:00:00Z", &[("0f", "referral", sold(1)), ("(other)", "(other)", sold(3))]),
            piece("2026-11-23T05:00:00Z", &[("0f", "email", signup), ("0f", "audio", refund)]),
            piece("2026-11-23T23:00:00Z", &[("1", "direct", sold(2))]),
        ];
        let berlin = Calendar::new(chrono_tz::Europe::Berlin);
        let days = days(&pieces, berlin, &DEFAULT_ACQUISITIONS);
        let dates: Vec<_> = days.iter().map(|day| day.date.to_string()).collect();
        assert_eq!(dates, ["2026-11-23", "2026-11-24"]);
        assert_eq!(
            days[0].customers[&PersonHash(15)],
            Doings {
                acquired_by: Some(Channel::Email),
                takings: Takings { orders: 1, gross_revenue: Money::whole(10), refunded: Money::whole(4) },
            }
        );
        assert_eq!((days[0].folded.orders, days[1].folded.orders), (3, 0));
        assert_eq!(days[1].customers[&PersonHash(1)].takings.revenue(), Money::whole(20));
    }

    #[test]
    fn what_is_no_acquisition_acquires_nobody() {
        let pieces = [piece("2026-11-23T05:00:00Z", &[("1", "email", sold(1))])];
        let days = days(&pieces, Calendar::new(chrono_tz::UTC), &[Kind::Signup]);
        assert_eq!(days[0].customers[&PersonHash(1)].acquired_by, None);
    }
}
