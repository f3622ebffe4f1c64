//! What a purchase is worth: gamma-gamma, fitted by maximum likelihood to customers who came back and paid.
//!
//! A customer's purchases vary around a mean of their own (p), and those means vary over customers (q, gamma).
//! How often a customer buys is taken to say nothing about how much.

#![expect(clippy::float_arithmetic, reason = "likelihoods are sums of logarithms")]

use std::collections::BTreeMap;

use super::fit::{Maximum, maximise};
use super::special::{decimal, float, ln_gamma, units};
use super::{Cohort, History, MIN_REPEATERS, Refusal};
use crate::domain::decimal::{Decimal, Money};

/// A fitted gamma-gamma model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GammaGamma {
    /// The shape of one customer's purchases: the larger, the more alike.
    pub p: f64,
    /// The shape of the customers' means: the larger, the more alike. Above 1, or there is no expected value.
    pub q: f64,
    /// The scale of the customers' means, in currency units.
    pub gamma: f64,
    /// The log-likelihood at these parameters.
    pub log_likelihood: f64,
    /// How many customers they were fitted to.
    pub customers: u64,
    covariance: [[f64; 3]; 3],
}

/// Customers with the same number of repeats.
#[derive(Default)]
struct Row {
    customers: f64,
    /// The sum of the logarithms of their mean values.
    log_means: f64,
    /// What all repeats of a customer were worth together, and how many customers that holds for.
    totals: Vec<(f64, f64)>,
}

/// Where searches begin, as logarithms of p, q and gamma, for values of mean 1.
const STARTS: [[f64; 3]; 3] = [[1.5, 1.3, -0.7], [0.0, 1.0, 0.0], [3.0, 0.5, -3.0]];

impl GammaGamma {
    /// Fits the model to the customers with repeats whose value is above zero; others have no mean to learn from.
    ///
    /// Refused below 50 of them, without a maximum, and when q is at most 1.
    pub fn fit(cohort: &Cohort) -> Result<Self, Refusal> {
        let customers = cohort.customers_with(paid);
        if customers < MIN_REPEATERS {
            return Err(Refusal::FewPayers { payers: customers });
        }
        // In units of the mean value, so that one set of starting points serves every currency.
        let (scale, rows) = rows(cohort);
        let Maximum { at, value, covariance } =
            maximise(|parameters| log_likelihood(parameters, &rows), &STARTS)
                .ok_or(Refusal::NoMaximum { model: "gamma-gamma" })?;
        let [p, q, gamma] = at.map(f64::exp);
        if q <= 1.0 {
            return Err(Refusal::NoMeanValue);
        }
        let log_likelihood = value - float(customers) * scale.ln();
        Ok(Self { p, q, gamma: gamma * scale, log_likelihood, customers, covariance })
    }

    /// Each parameter by its name, and the log-likelihood, rounded to six decimals.
    pub fn figures(&self) -> ([(&'static str, Decimal); 3], Decimal) {
        let [p, q, gamma] = self.parameters().map(decimal);
        ([("p", p), ("q", q), ("gamma", gamma)], decimal(self.log_likelihood))
    }

    /// p, q and gamma.
    pub(super) const fn parameters(&self) -> [f64; 3] {
        [self.p, self.q, self.gamma]
    }

    /// The covariance of the logarithms of [`Self::parameters`].
    pub(super) const fn covariance(&self) -> &[[f64; 3]; 3] {
        &self.covariance
    }
}

/// What one more purchase of a customer is worth, in currency units: its mean, and how it varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Worth {
    /// The expected value.
    pub(super) mean: f64,
    /// The mean square of the customer's own mean. `None` when the tail is too heavy to have one.
    pub(super) square: Option<f64>,
    /// The mean variance of purchases around the customer's own mean.
    pub(super) variance: Option<f64>,
}

/// What one more purchase is worth, given what the past ones were.
pub(super) fn worth([p, q, gamma]: &[f64; 3], history: History) -> Option<Worth> {
    let shape = q + p * f64::from(history.repeats());
    let rate = gamma + units(history.repeat_value().max(Money::ZERO));
    // The customer's scale is gamma distributed with this shape and rate, and the mean is p over it.
    let inverse_square = (shape > 2.0).then(|| rate * rate / ((shape - 1.0) * (shape - 2.0)));
    (shape > 1.0).then(|| Worth {
        mean: p * rate / (shape - 1.0),
        square: inverse_square.map(|inverse| p * p * inverse),
        variance: inverse_square.map(|inverse| p * inverse),
    })
}

/// Whether the customer came back and paid.
fn paid(history: History) -> bool {
    history.repeats() > 0 && history.repeat_value() > Money::ZERO
}

/// What the likelihood sees of a cohort, and the mean value that it is measured in.
fn rows(cohort: &Cohort) -> (f64, BTreeMap<u32, Row>) {
    let payers = || cohort.iter().filter(|(history, _)| paid(*history));
    let repeats: f64 = payers().map(|(it, customers)| f64::from(it.repeats()) * float(customers)).sum();
    let value: f64 = payers().map(|(it, customers)| units(it.repeat_value()) * float(customers)).sum();
    let scale = value / repeats;
    let mut rows = BTreeMap::<u32, Row>::new();
    for (history, customers) in payers() {
        let row = rows.entry(history.repeats()).or_default();
        let (total, customers) = (units(history.repeat_value()) / scale, float(customers));
        row.customers += customers;
        row.log_means += customers * (total / f64::from(history.repeats())).ln();
        match row.totals.last_mut() {
            Some((last, count)) if last.total_cmp(&total).is_eq() => *count += customers,
            _ => row.totals.push((total, customers)),
        }
    }
    (scale, rows)
}

/// The note's equation 1a, summed.
fn log_likelihood([p, q, gamma]: &[f64; 3], rows: &BTreeMap<u32, Row>) -> f64 {
    let of = |(repeats, row): (&u32, &Row)| {
        let repeats = f64::from(*repeats);
        let own = p * repeats;
        let shared = ln_gamma(own + q) - ln_gamma(own) - ln_gamma(*q) + q * gamma.ln() + own * repeats.ln();
        let rates: f64 = row.totals.iter().map(|(total, customers)| customers * (gamma + total).ln()).sum();
        row.customers * shared + (own - 1.0) * row.log_means - (own + q) * rates
    };
    rows.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_expected_value_lies_between_the_customers_mean_and_that_of_all() {
        // p gamma ÷ (q - 1) = 10 for all; one who paid 40 on average is nearer to 40 the more often.
        let parameters = [2.0, 3.0, 10.0];
        for (repeats, total, expected) in
            [(0, 0, 10.0), (1, 40, 25.0), (4, 160, 34.0), (100, 4_000, 39.702_970)]
        {
            let history = History::new(repeats, repeats, 200, Money::whole(total)).unwrap();
            let worth = worth(&parameters, history).unwrap();
            assert!((worth.mean - expected).abs() < 1e-6, "{repeats}: {}", worth.mean);
        }
    }

    #[test]
    fn a_heavy_tail_has_no_variance_and_a_heavier_one_no_mean() {
        let newcomer = History::new(0, 0, 9, Money::ZERO).unwrap();
        assert_eq!(worth(&[2.0, 1.5, 10.0], newcomer).unwrap().variance, None);
        assert_eq!(worth(&[2.0, 1.0, 10.0], newcomer), None);
    }

    proptest! {
        #[test]
        fn a_dearer_past_promises_a_dearer_purchase(
            p in 0.1_f64..20.0, q in 1.1_f64..20.0, gamma in 0.1_f64..100.0,
            repeats in 1_u32..50, value in 0_i128..10_000, more in 1_i128..10_000,
        ) {
            let of = |value| worth(&[p, q, gamma], History::new(repeats, 60, 90, Money::whole(value)).unwrap()).unwrap();
            let (less, more) = (of(value), of(value + more));
            prop_assert!(0.0 < less.mean && less.mean < more.mean);
            if let Some(square) = less.square {
                prop_assert!(square >= less.mean * less.mean);
            }
        }
    }
}
