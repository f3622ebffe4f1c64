//! Cohorts: customers who were acquired in the same month, and what they bought in each month since.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};

use super::channel::Channel;
use super::customers::{Day, MOST_CUSTOMERS, Takings, TooManyCustomers};
use super::decimal::Decimal;
use super::event::PersonHash;
use super::kpi::divide;
use super::report::{Interval, Period};

/// Customers, and what they bought and sent back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// How many there are.
    pub customers: u64,
    /// Everything together.
    pub takings: Takings,
}

/// What a cohort did in one calendar month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Customers who bought in it, each once.
    pub buyers: u64,
    /// What they bought, and what was sent back.
    pub takings: Takings,
}

/// A cohort in one month of its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// Calendar months since that of the acquisition.
    pub months: u32,
    /// Whether the month is over.
    pub over: bool,
    /// What happened in it.
    pub cell: Cell,
    /// Revenue up to the end of it per acquired customer. `None` without customers.
    pub revenue_per_customer: Option<Decimal>,
}

/// A row of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The first day of the month of acquisition.
    pub month: NaiveDate,
    /// The channel of the acquisition. `None` where all are together.
    pub channel: Option<Channel>,
    /// How many were acquired, and everything since.
    pub group: Group,
    /// Month by month, from the acquisition's to the running one.
    pub ages: Vec<Age>,
}

/// The cohorts of some months, as the days of a whole history are added one by one.
#[derive(Clone, Debug)]
pub struct Cohorts {
    /// The first days of the first and the last month of acquisition.
    months: (NaiveDate, NaiveDate),
    known: HashMap<PersonHash, Known>,
    acquired: BTreeMap<(NaiveDate, Channel), Cohort>,
    other_months: Group,
    not_acquired: Takings,
}

/// What must be remembered of a customer.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// In which month, and by what channel.
    acquired: Option<(NaiveDate, Channel)>,
    /// The last month with a purchase.
    bought: Option<NaiveDate>,
}

#[derive(Clone, Debug, Default)]
struct Cohort {
    customers: u64,
    ages: BTreeMap<u32, Cell>,
}

/// The first day of a day's month.
fn month_of(date: NaiveDate) -> NaiveDate {
    Interval::Month.start_of(date)
}

/// How many calendar months lie between two days: 0 within one month, and in reverse.
pub fn months_between(from: NaiveDate, to: NaiveDate) -> u32 {
    let months = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
    u32::try_from(months(to) - months(from)).unwrap_or(0)
}

impl Cohorts {
    /// No days yet. Rows will be those of customers acquired in the months that `period` touches.
    pub fn new(period: Period) -> Self {
        Self {
            months: (month_of(period.from), month_of(period.to)),
            known: HashMap::new(),
            acquired: BTreeMap::new(),
            other_months: Group::default(),
            not_acquired: Takings::default(),
        }
    }

    /// Adds a day. The history must be complete from its beginning, and in order: who is new is who was not seen.
    pub fn add(&mut self, day: &Day) -> Result<(), TooManyCustomers> {
        let month = month_of(day.date);
        for (customer, doings) in &day.customers {
            if self.known.len() >= MOST_CUSTOMERS && !self.known.contains_key(customer) {
                return Err(TooManyCustomers);
            }
            let known = self.known.entry(*customer).or_default();
            let is_new = known.acquired.is_none() && doings.acquired_by.is_some();
            known.acquired = known.acquired.or(doings.acquired_by.map(|channel| (month, channel)));
            let buys_first = doings.takings.orders > 0 && known.bought != Some(month);
            if buys_first {
                known.bought = Some(month);
            }
            match known.acquired {
                None => self.not_acquired.add(doings.takings),
                Some(acquired) if (self.months.0..=self.months.1).contains(&acquired.0) => {
                    let cohort = self.acquired.entry(acquired).or_default();
                    cohort.customers += u64::from(is_new);
                    let cell = cohort.ages.entry(months_between(acquired.0, month)).or_default();
                    cell.buyers += u64::from(buys_first);
                    cell.takings.add(doings.takings);
                }
                Some(_) => {
                    self.other_months.customers += u64::from(is_new);
                    self.other_months.takings.add(doings.takings);
                }
            }
        }
        Ok(())
    }

    /// The customers acquired in other months.
    pub const fn other_months(&self) -> Group {
        self.other_months
    }

    /// Customers whom nothing acquired, and what was bought before or without an acquisition.
    pub fn not_acquired(&self) -> Group {
        let customers = self.known.values().filter(|known| known.acquired.is_none()).map(|_| 1).sum();
        Group { customers, takings: self.not_acquired }
    }

    /// A row for each month, up to that of `today`, or for each month and channel that acquired anybody.
    ///
    /// Ages go on to the month of `today`; quiet ones are zeros.
    pub fn rows(&self, by_channel: bool, today: NaiveDate) -> Vec<Row> {
        // Channels in the order of their names.
        type Place = (NaiveDate, Option<&'static str>);
        let mut rows: BTreeMap<Place, (Option<Channel>, Cohort)> = BTreeMap::new();
        if !by_channel {
            let months = std::iter::successors(Some(self.months.0), |month| {
                month.checked_add_months(chrono::Months::new(1))
            });
            let last = self.months.1.min(today);
            rows.extend(
                months.take_while(|month| *month <= last).map(|month| ((month, None), Default::default())),
            );
        }
        for ((month, channel), cohort) in &self.acquired {
            let channel = Some(*channel).filter(|_| by_channel);
            let row = rows.entry((*month, channel.map(Channel::as_str))).or_default();
            row.0 = channel;
            row.1.add(cohort);
        }
        rows.into_iter().map(|((month, _), (channel, cohort))| cohort.row(month, channel, today)).collect()
    }
}

impl Cohort {
    /// Adds a cohort of other customers.
    fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        for (age, cell) in &other.ages {
            let own = self.ages.entry(*age).or_default();
            own.buyers += cell.buyers;
            own.takings.add(cell.takings);
        }
    }

    fn row(&self, month: NaiveDate, channel: Option<Channel>, today: NaiveDate) -> Row {
        let now = months_between(month, today);
        // Events may be a little ahead of the clock.
        let last = self.ages.last_key_value().map_or(now, |(age, _)| now.max(*age));
        let mut takings = Takings::default();
        let ages = (0..=last)
            .map(|months| {
                let cell = self.ages.get(&months).copied().unwrap_or_default();
                takings.add(cell.takings);
                Age {
                    months,
                    over: months < now,
                    cell,
                    revenue_per_customer: divide(takings.revenue(), Decimal::whole(self.customers)),
                }
            })
            .collect();
        Row { month, channel, group: Group { customers: self.customers, takings }, ages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::customers::Doings;
    use crate::domain::decimal::Money;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// What a customer did: number, channel that acquires, orders, their worth, what was refunded.
    type Deed = (u64, Option<Channel>, u64, i32, i32);

    fn day(text: &str, deeds: &[Deed]) -> Day {
        let customers = deeds.iter().map(|(customer, acquired_by, orders, worth, refunded)| {
            let takings = Takings {
                orders: *orders,
                gross_revenue: Money::whole(*worth),
                refunded: Money::whole(*refunded),
            };
            (PersonHash(*customer), Doings { acquired_by: *acquired_by, takings })
        });
        Day { date: date(text), customers: customers.collect(), folded: Takings::default(), folded_rows: 0 }
    }

    fn cohorts(from: &str, to: &str, days: &[Day]) -> Cohorts {
        let mut cohorts = Cohorts::new(Period { from: date(from), to: date(to) });
        for day in days {
            cohorts.add(day).unwrap();
        }
        cohorts
    }

    fn shown(row: &Row) -> Vec<(u64, u64, String, Option<String>)> {
        let text = |age: &Age| age.revenue_per_customer.map(Decimal::text);
        let shown = |age: &Age| {
            (age.cell.buyers, age.cell.takings.orders, age.cell.takings.revenue().text(), text(age))
        };
        row.ages.iter().map(shown).collect()
    }

    const MAIL: Option<Channel> = Some(Channel::Email);
    const LINK: Option<Channel> = Some(Channel::Referral);

    #[test]
    fn customers_are_followed_from_their_first_acquisition_month_by_month() {
        let days = [
            // Bought before the site's kinds acquired anybody.
            day("2026-08-31", &[(9, None, 1, 7, 0)]),
            day("2026-09-10", &[(1, MAIL, 1, 10, 0), (2, LINK, 0, 0, 0)]),
            day("2026-09-11", &[(1, LINK, 2, 20, 0)]),
            day("2026-11-02", &[(1, None, 0, 0, 5), (2, MAIL, 1, 30, 0), (3, LINK, 1, 1, 0)]),
        ];
        let cohorts = cohorts("2026-09-20", "2026-10-01", &days);
        let text = |number: &str| Some(number.to_owned());
        let rows = cohorts.rows(false, date("2026-11-23"));
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].month, rows[0].group.customers, rows[1].group.customers),
            (date("2026-09-01"), 2, 0)
        );
        assert_eq!(
            shown(&rows[0]),
            [
                (1, 3, "30".to_owned(), text("15")),
                (0, 0, "0".to_owned(), text("15")),
                (1, 1, "25".to_owned(), text("27.5"))
            ]
        );
        assert_eq!(rows[0].ages.iter().map(|age| age.over).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(shown(&rows[1]), [(0, 0, "0".to_owned(), None), (0, 0, "0".to_owned(), None)]);

        let split = cohorts.rows(true, date("2026-11-23"));
        let channels: Vec<_> = split.iter().map(|row| (row.channel, row.group.customers)).collect();
        assert_eq!(channels, [(MAIL, 1), (LINK, 1)]);
        assert_eq!(split[1].ages[2].cell.takings.orders, 1, "who came by a link stays there");

        assert_eq!((cohorts.other_months().customers, cohorts.other_months().takings.orders), (1, 1));
        assert_eq!((cohorts.not_acquired().customers, cohorts.not_acquired().takings.orders), (1, 1));
    }

    #[test]
    fn months_that_are_not_there_yet_have_no_row() {
        let rows = cohorts("2026-10-01", "2027-03-01", &[]).rows(false, date("2026-11-23"));
        let ages: Vec<_> = rows.iter().map(|row| (row.month.to_string(), row.ages.len())).collect();
        assert_eq!(ages, [("2026-10-01".to_owned(), 2), ("2026-11-01".to_owned(), 1)]);
    }

    #[test]
    fn more_customers_than_can_be_followed_are_refused() {
        let most = u64::try_from(MOST_CUSTOMERS).unwrap();
        let deeds =
            |numbers: std::ops::Range<u64>| numbers.map(|number| (number, MAIL, 1, 1, 0)).collect::<Vec<_>>();
        let mut cohorts = cohorts("2026-11-01", "2026-11-30", &[day("2026-11-01", &deeds(0..most))]);
        assert_eq!(cohorts.add(&day("2026-11-02", &deeds(most - 1..most))), Ok(()));
        assert_eq!(cohorts.add(&day("2026-11-02", &deeds(most..most + 1))), Err(TooManyCustomers));
    }

    prop_compose! {
        fn deeds()(
            all in proptest::collection::vec(
                (0_u64..6, proptest::option::of(0_usize..3), 0_u64..3, 0_i32..50, 0_i32..20), 0..6
            )
        ) -> Vec<Deed> {
            let deed = |(customer, channel, orders, worth, refunded): (u64, Option<usize>, u64, i32, i32)| {
                (customer, channel.map(|place| Channel::ALL[place]), orders, worth * i32::from(orders > 0), refunded)
            };
            all.into_iter().map(deed).collect()
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_between_the_rows_and_what_is_left_out(
            history in proptest::collection::vec((1_i64..40, deeds()), 0..30), from in 0_i64..300, length in 0_i64..300,
        ) {
            let mut at = date("2025-01-01");
            let period = Period { from: at + chrono::Days::new(from.unsigned_abs()),
                to: at + chrono::Days::new((from + length).unsigned_abs()) };
            let mut cohorts = Cohorts::new(period);
            let mut all = Takings::default();
            let mut customers = std::collections::BTreeSet::new();
            for (gap, deeds) in history {
                at = crate::domain::calendar::plus_days(at, gap);
                let day = day(&at.to_string(), &deeds);
                day.customers.values().for_each(|doings| all.add(doings.takings));
                customers.extend(day.customers.keys().copied());
                cohorts.add(&day).unwrap();
            }
            for by_channel in [false, true] {
                let mut sum = Group::default();
                let rows = cohorts.rows(by_channel, at);
                let groups = rows.iter().map(|row| row.group).chain([cohorts.other_months(), cohorts.not_acquired()]);
                for group in groups {
                    sum.customers += group.customers;
                    sum.takings.add(group.takings);
                }
                prop_assert_eq!(sum.takings, all);
                prop_assert_eq!(sum.customers, u64::try_from(customers.len()).unwrap());
                for row in &rows {
                    let mut takings = Takings::default();
                    row.ages.iter().for_each(|age| takings.add(age.cell.takings));
                    prop_assert_eq!(takings, row.group.takings);
                    prop_assert!(row.ages.iter().all(|age| age.cell.buyers <= row.group.customers));
                }
            }
        }
    }
}
