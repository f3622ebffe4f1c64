//! How often customers buy and when they stop: BG/NBD, fitted by maximum likelihood.
//!
//! A customer buys at a rate of their own until, after some purchase, they are gone for good. Rates are gamma
//! distributed over customers (r, alpha) and the chances of going are beta distributed (a, b).

#![expect(clippy::float_arithmetic, reason = "likelihoods are sums of logarithms")]

use super::fit::{Maximum, maximise};
use super::special::{Moments, decimal, float, purchases_until_dropout, weeks};
use super::{Cohort, History, MIN_AGE_DAYS, MIN_CUSTOMERS, MIN_REPEATERS, Refusal};
use crate::domain::decimal::Decimal;

/// A fitted BG/NBD model. Times are in weeks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BgNbd {
    /// The shape of the rates: the smaller, the more customers differ.
    pub r: f64,
    /// The scale of the rates, in weeks: the mean rate is r ÷ alpha purchases a week.
    pub alpha: f64,
    /// The first parameter of the chances of going.
    pub a: f64,
    /// The second: the mean chance is a ÷ (a + b) after each purchase.
    pub b: f64,
    /// The log-likelihood at these parameters.
    pub log_likelihood: f64,
    /// How many customers they were fitted to.
    pub customers: u64,
    covariance: [[f64; 4]; 4],
}

/// Customers with the same x, `t_x` and T.
struct Row {
    repeats: u32,
    recency: f64,
    age: f64,
    customers: f64,
}

/// Where searches begin, as logarithms of r, alpha, a and b: mixed customers first, then more alike ones.
const STARTS: [[f64; 4]; 3] = [[-1.0, 1.5, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0], [1.0, 3.0, -1.0, 1.0]];

impl BgNbd {
    /// Fits the model.
    ///
    /// Refused below 200 customers, 50 of them with repeats, 12 weeks since the first, and without a maximum: then
    /// there are no numbers rather than poor ones. Cost: some 500 passes over the distinct histories.
    pub fn fit(cohort: &Cohort) -> Result<Self, Refusal> {
        let customers = cohort.customers();
        if customers < MIN_CUSTOMERS {
            return Err(Refusal::FewCustomers { customers });
        }
        let repeaters = cohort.customers_with(|history| history.repeats() > 0);
        if repeaters < MIN_REPEATERS {
            return Err(Refusal::FewRepeaters { repeaters });
        }
        let days = cohort.iter().map(|(history, _)| history.age_days()).max().unwrap_or_default();
        if days < MIN_AGE_DAYS {
            return Err(Refusal::ShortPast { days });
        }
        let rows = rows(cohort);
        let Maximum { at, value, covariance } =
            maximise(|parameters| log_likelihood(parameters, &rows), &STARTS)
                .ok_or(Refusal::NoMaximum { model: "BG/NBD" })?;
        let [r, alpha, a, b] = at.map(f64::exp);
        Ok(Self { r, alpha, a, b, log_likelihood: value, customers, covariance })
    }

    /// Each parameter by its name, and the log-likelihood, rounded to six decimals.
    pub fn figures(&self) -> ([(&'static str, Decimal); 4], Decimal) {
        let [r, alpha, a, b] = self.parameters().map(decimal);
        ([("r", r), ("alpha", alpha), ("a", a), ("b", b)], decimal(self.log_likelihood))
    }

    /// r, alpha, a and b.
    pub(super) const fn parameters(&self) -> [f64; 4] {
        [self.r, self.alpha, self.a, self.b]
    }

    /// The covariance of the logarithms of [`Self::parameters`].
    pub(super) const fn covariance(&self) -> &[[f64; 4]; 4] {
        &self.covariance
    }
}

/// The probability that a customer has not gone yet; 1 before the first repeat, as the model has it.
pub(super) fn probability_alive([r, alpha, a, b]: &[f64; 4], history: History) -> f64 {
    if history.repeats() == 0 {
        return 1.0;
    }
    let repeats = f64::from(history.repeats());
    let silence = (alpha + weeks(history.age_days())) / (alpha + weeks(history.recency_days()));
    1.0 / (1.0 + a / (b + repeats - 1.0) * ((r + repeats) * silence.ln()).exp())
}

/// The moments of the purchases in the coming days of a customer who has not gone yet, by x and T.
pub(super) fn purchases_if_alive(
    [r, alpha, a, b]: &[f64; 4],
    repeats: u32,
    age_days: u32,
    horizon_days: u32,
) -> Option<Moments> {
    let (repeats, horizon) = (f64::from(repeats), weeks(horizon_days));
    let odds = horizon / (alpha + weeks(age_days) + horizon);
    purchases_until_dropout(r + repeats, odds, *a, b + repeats)
}

/// What the likelihood sees of a cohort: customers whose repeats were worth more or less are the same to it.
fn rows(cohort: &Cohort) -> Vec<Row> {
    let times = |history: History| (history.repeats(), history.recency_days(), history.age_days());
    let histories: Vec<_> = cohort.iter().collect();
    let same = histories.chunk_by(|(left, _), (right, _)| times(*left) == times(*right));
    same.filter_map(|group| {
        let (history, _) = group.first()?;
        Some(Row {
            repeats: history.repeats(),
            recency: weeks(history.recency_days()),
            age: weeks(history.age_days()),
            customers: group.iter().map(|(_, customers)| float(*customers)).sum(),
        })
    })
    .collect()
}

/// The paper's equation 6, summed over rows that ascend by repeats.
fn log_likelihood([r, alpha, a, b]: &[f64; 4], rows: &[Row]) -> f64 {
    // ln Γ(r + x) ÷ Γ(r), and ln B(a, b + x) ÷ B(a, b): x is whole, so both are products that grow with it.
    let (mut rising, mut staying, mut grown) = (0.0, 0.0, 0_u32);
    let mut sum = 0.0;
    for row in rows {
        while grown < row.repeats {
            let step = f64::from(grown);
            rising += (r + step).ln();
            staying += ((b + step) / (a + b + step)).ln();
            grown += 1;
        }
        let repeats = f64::from(row.repeats);
        let until_end = (alpha + row.age).ln();
        let mut term = rising + staying + r * alpha.ln() - (r + repeats) * until_end;
        if row.repeats > 0 {
            let silence = until_end - (alpha + row.recency).ln();
            let gone = a.ln() - (b + repeats - 1.0).ln() + (r + repeats) * silence;
            // ln(1 + e^gone), without overflow.
            term += gone.max(0.0) + (-gone.abs()).exp().ln_1p();
        }
        sum += row.customers * term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decimal::Money;
    use proptest::prelude::*;

    /// What the paper and its note give for CDNOW.
    const PUBLISHED: [f64; 4] = [0.243, 4.414, 0.793, 2.426];

    fn history(repeats: u32, recency_days: u32, age_days: u32) -> History {
        History::new(repeats, recency_days, age_days, Money::ZERO).unwrap()
    }

    fn expected(parameters: &[f64; 4], history: History, days: u32) -> f64 {
        let moments = purchases_if_alive(parameters, history.repeats(), history.age_days(), days).unwrap();
        probability_alive(parameters, history) * moments.mean
    }

    #[test]
    fn the_customer_of_the_published_note_is_expected_to_buy_1_226_times() {
        // x = 2, t_x = 30.43 weeks, T = 38.86 weeks, 39 weeks ahead.
        let customer = history(2, 213, 272);
        assert_eq!(format!("{:.3}", expected(&PUBLISHED, customer, 273)), "1.226");
    }

    #[test]
    fn customers_with_other_values_and_the_same_times_are_one_row() {
        let mut cohort = Cohort::default();
        for (value, customers) in [(1, 2), (5, 3)] {
            cohort.add(History::new(1, 7, 70, Money::whole(value)).unwrap(), customers);
        }
        cohort.add(history(0, 0, 70), 4);
        let rows = rows(&cohort);
        let of = |row: &Row| (row.repeats, row.recency, row.age, row.customers);
        assert_eq!(rows.iter().map(of).collect::<Vec<_>>(), [(0, 0.0, 10.0, 4.0), (1, 1.0, 10.0, 5.0)]);
    }

    prop_compose! {
        fn histories()(age in 0_u32..800, share in 0_u32..=100, repeats in 1_u32..60) -> History {
            let recency = age * share / 100;
            history(repeats.min(recency), recency, age)
        }
    }

    prop_compose! {
        fn parameters()(r in 0.05_f64..5.0, alpha in 0.5_f64..50.0, a in 0.05_f64..5.0, b in 0.1_f64..20.0)
            -> [f64; 4] { [r, alpha, a, b] }
    }

    proptest! {
        #[test]
        fn being_alive_is_a_probability_that_falls_in_silence(
            parameters in parameters(), it in histories(), more in 0_u32..400,
        ) {
            let now = probability_alive(&parameters, it);
            let later = probability_alive(&parameters, history(it.repeats(), it.recency_days(), it.age_days() + more));
            prop_assert!((0.0..=1.0).contains(&now) && (0.0..=1.0).contains(&later));
            prop_assert!(later <= now);
        }

        #[test]
        fn expected_purchases_grow_with_the_horizon_and_never_beyond_a_customer_who_stays(
            parameters in parameters(), it in histories(), days in 1_u32..700, more in 1_u32..700,
        ) {
            let [r, alpha, ..] = parameters;
            let near = expected(&parameters, it, days);
            let far = expected(&parameters, it, days + more);
            prop_assert!(near >= 0.0 && far >= near * (1.0 - 1e-9), "{near} {far}");
            let rate = (r + f64::from(it.repeats())) / (alpha + weeks(it.age_days()));
            prop_assert!(far <= rate * weeks(days + more) * (1.0 + 1e-9));
        }
    }
}
