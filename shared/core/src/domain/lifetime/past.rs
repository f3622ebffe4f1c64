//! The past of all known customers, day by day, as the models and the observed half of the report want it.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::{Cohort, History};
use crate::domain::channel::Channel;
use crate::domain::customers::{Day, MOST_CUSTOMERS, Takings, TooManyCustomers};
use crate::domain::decimal::Money;
use crate::domain::event::PersonHash;

/// Everybody's past up to a day.
#[derive(Clone, Debug)]
pub struct Past {
    end: NaiveDate,
    customers: HashMap<PersonHash, Customer>,
}

/// Customers acquired by the same channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// How many there are, those who have not bought yet included.
    pub customers: u64,
    /// What they bought and sent back.
    pub takings: Takings,
    /// The histories of those who bought, whom alone the models know.
    pub buyers: Cohort,
}

/// What must be remembered of a customer.
#[derive(Clone, Copy, Debug, Default)]
struct Customer {
    acquired_by: Option<Channel>,
    takings: Takings,
    occasions: Option<Occasions>,
}

/// Days with a purchase.
#[derive(Clone, Copy, Debug)]
struct Occasions {
    first: NaiveDate,
    last: NaiveDate,
    repeats: u32,
    repeat_value: Money,
}

impl Past {
    /// Nothing yet, up to `end`, which counts in.
    pub fn new(end: NaiveDate) -> Self {
        Self { end, customers: HashMap::new() }
    }

    /// Adds a day. The history must be complete from its beginning, and in order; days after the end are left out.
    pub fn add(&mut self, day: &Day) -> Result<(), TooManyCustomers> {
        if day.date > self.end {
            return Ok(());
        }
        for (hash, doings) in &day.customers {
            if self.customers.len() >= MOST_CUSTOMERS && !self.customers.contains_key(hash) {
                return Err(TooManyCustomers);
            }
            let customer = self.customers.entry(*hash).or_default();
            customer.acquired_by = customer.acquired_by.or(doings.acquired_by);
            customer.takings.add(doings.takings);
            if doings.takings.orders > 0 {
                customer.buys(day.date, doings.takings.gross_revenue);
            }
        }
        Ok(())
    }

    /// The customers by the channel that acquired them; `None` is those whom nothing did.
    pub fn groups(&self) -> BTreeMap<Option<Channel>, Group> {
        let mut groups: BTreeMap<Option<Channel>, Group> = BTreeMap::new();
        for customer in self.customers.values() {
            let group = groups.entry(customer.acquired_by).or_default();
            group.customers += 1;
            group.takings.add(customer.takings);
            if let Some(history) = customer.occasions.and_then(|occasions| occasions.history(self.end)) {
                group.buyers.add(history, 1);
            }
        }
        groups
    }
}

impl Group {
    /// Adds other customers.
    pub fn add(&mut self, other: &Self) {
        self.customers = self.customers.saturating_add(other.customers);
        self.takings.add(other.takings);
        other.buyers.iter().for_each(|(history, customers)| self.buyers.add(history, customers));
    }
}

impl Customer {
    fn buys(&mut self, date: NaiveDate, value: Money) {
        let Some(occasions) = &mut self.occasions else {
            self.occasions =
                Some(Occasions { first: date, last: date, repeats: 0, repeat_value: Money::ZERO });
            return;
        };
        occasions.repeats += 1;
        occasions.last = date;
        occasions.repeat_value += value;
    }
}

impl Occasions {
    fn history(self, end: NaiveDate) -> Option<History> {
        let days = |date: NaiveDate| u32::try_from((date - self.first).num_days()).ok();
        History::new(self.repeats, days(self.last)?, days(end)?, self.repeat_value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::customers::Doings;
    use proptest::prelude::*;

    const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();

    fn day(number: i64, doings: &[(u64, Doings)]) -> Day {
        Day {
            date: crate::domain::calendar::plus_days(FIRST, number),
            customers: doings.iter().map(|(hash, doings)| (PersonHash(*hash), *doings)).collect(),
            folded: Takings::default(),
            folded_rows: 0,
        }
    }

    fn bought(channel: Option<Channel>, orders: u64, worth: i32) -> Doings {
        let takings = Takings { orders, gross_revenue: Money::whole(worth), refunded: Money::ZERO };
        Doings { acquired_by: channel, takings }
    }

    #[test]
    fn customers_stay_with_their_first_channel_and_only_buyers_have_a_history() {
        let mut past = Past::new(crate::domain::calendar::plus_days(FIRST, 20));
        let (mail, link) = (Some(Channel::Email), Some(Channel::Referral));
        past.add(&day(0, &[(1, bought(mail, 0, 0)), (2, bought(link, 1, 5))])).unwrap();
        past.add(&day(3, &[(1, bought(link, 2, 9)), (3, bought(None, 1, 1))])).unwrap();
        past.add(&day(10, &[(1, bought(link, 1, 4))])).unwrap();
        past.add(&day(21, &[(4, bought(link, 1, 4))])).unwrap();
        let groups = past.groups();
        let of = |channel| (groups[&channel].customers, groups[&channel].takings.orders);
        assert_eq!((of(mail), of(link), of(None)), ((1, 3), (1, 1), (1, 1)));
        let history = groups[&mail].buyers.iter().next();
        assert_eq!(history, Some((History::new(1, 7, 17, Money::whole(4)).unwrap(), 1)));
    }

    proptest! {
        #[test]
        fn a_history_that_grows_day_by_day_is_that_of_all_purchases(
            purchases in proptest::collection::btree_map(0_i64..200, 0_i32..100, 1..20),
        ) {
            let mut past = Past::new(crate::domain::calendar::plus_days(FIRST, 150));
            for (number, worth) in &purchases {
                past.add(&day(*number, &[(1, bought(None, 1, *worth))])).unwrap();
            }
            let all = purchases.iter().map(|(day, worth)| (*day, Money::whole(*worth)));
            let groups = past.groups();
            let found = groups.get(&None).and_then(|group| group.buyers.iter().next());
            prop_assert_eq!(found.map(|(history, _)| history), History::of(all, 150));
        }
    }
}
