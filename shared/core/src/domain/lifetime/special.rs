//! The few functions of statistics that the models need, and the only doors between floats and exact numbers.

#![expect(clippy::float_arithmetic, clippy::as_conversions, reason = "likelihoods are sums of logarithms")]

use crate::domain::decimal::Decimal;

/// Days as the papers' weeks.
pub(super) fn weeks(days: u32) -> f64 {
    f64::from(days) / 7.0
}

/// A count as a float; exact below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 customers")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// A decimal as a float, in units.
#[expect(clippy::cast_precision_loss, reason = "a model knows its values to few digits")]
pub(super) fn units(decimal: Decimal) -> f64 {
    decimal.millionths() as f64 / Decimal::SCALE as f64
}

/// A float as a decimal, rounded half away from zero to six decimals.
#[expect(clippy::cast_precision_loss, reason = "a million is exact")]
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and models predict finite numbers")]
pub(super) fn decimal(number: f64) -> Decimal {
    Decimal::from_millionths((number * Decimal::SCALE as f64).round() as i128)
}

/// ln Γ(x) for x > 0.
pub(super) fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The first two moments of a count of purchases: the mean of Y and that of Y (Y - 1).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) pairs: f64,
}

/// The most terms that [`purchases_until_dropout`] sums.
const MAX_TERMS: u32 = 200_000;
/// The part of the result that the terms left out may make up.
const TAIL: f64 = 1e-12;
/// Where a running sum is scaled down, as only the sums' ratio counts.
const LARGE: f64 = 1e200;

/// The moments of a customer's purchases within a horizon, given that the customer is alive at its start.
///
/// There are N occasions, negative binomial with `shape` and odds `odds` (0 ≤ odds < 1): `P(N = m)` is proportional
/// to `(shape)_m oddsᵐ ÷ m!`. Before each but the first the customer is gone for good with a chance that follows
/// Beta(`a`, `b`), so that the n-th takes place with probability `(b)_{n-1} ÷ (a + b)_{n-1}`.
///
/// This is the ₂F₁ series of the paper's equation 10, rearranged: every term is positive, so nothing cancels, also
/// where a is near 1 or `odds` near 1, and no transformation is needed. It ends once a geometric bound on what is
/// left is below 10⁻¹² of the sum; `None` when that takes more than 200,000 terms.
pub(super) fn purchases_until_dropout(shape: f64, odds: f64, a: f64, b: f64) -> Option<Moments> {
    let (mut weight, mut weights) = (1.0, 1.0);
    let (mut first, mut second) = (0.0, 0.0);
    let (mut mean, mut pairs, mut taking_place) = (0.0, 0.0, 1.0);
    for term in 1..=MAX_TERMS {
        let m = f64::from(term);
        weight *= odds * (shape + m - 1.0) / m;
        // With m occasions to come: how many will take place, and how many ordered pairs of them.
        mean += taking_place;
        pairs += 2.0 * (m - 1.0) * taking_place;
        taking_place *= (b + m - 1.0) / (a + b + m - 1.0);
        weights += weight;
        first += weight * mean;
        second += weight * pairs;
        // `mean` grows at most like m and `pairs` like m (m - 1), so later terms shrink at least this fast.
        let ratio = odds * ((shape + m) / (m + 1.0)).max(1.0) * (m + 1.0) / (m - 1.0);
        if ratio < 1.0 && weight * pairs.max(mean) * ratio <= TAIL * (1.0 - ratio) * first {
            return Some(Moments { mean: first / weights, pairs: second / weights });
        }
        if weights > LARGE {
            weight /= LARGE;
            weights /= LARGE;
            first /= LARGE;
            second /= LARGE;
        }
    }
    None
}

/// The two ends that hold the middle 80 % of a positive quantity with this mean and variance.
///
/// The gamma distribution of these moments, by the cube-root formula of Wilson and Hilferty (1931): never below
/// zero, skewed for a few customers and all but normal for many.
pub(super) fn middle_80_percent(mean: f64, variance: f64) -> (f64, f64) {
    /// The normal distribution's 90th percentile.
    const Z: f64 = 1.281_551_565_544_600_4;
    if mean <= 0.0 || variance <= 0.0 {
        return (mean, mean);
    }
    let spread = variance / (9.0 * mean * mean);
    let end = |z: f64| mean * (1.0 - spread + z * spread.sqrt()).max(0.0).powi(3);
    (end(-Z), end(Z))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// ₂F₁ by its defining series, for 0 ≤ z < 1.
    fn hyp2f1(a: f64, b: f64, c: f64, z: f64) -> f64 {
        let (mut term, mut sum) = (1.0, 1.0);
        for step in (0..5_000).map(f64::from) {
            term *= (a + step) * (b + step) / (c + step) / (step + 1.0) * z;
            sum += term;
        }
        sum
    }

    #[test]
    fn the_series_of_the_paper_is_summed_right_here() {
        // 2F1(1, 1; 2; z) = -ln(1 - z) / z and 2F1(a, b; b; z) = (1 - z)^-a.
        assert!((hyp2f1(1.0, 1.0, 2.0, 0.5) - 2.0 * 2_f64.ln()).abs() < 1e-12);
        assert!((hyp2f1(0.3, 1.7, 1.7, 0.9) - 0.1_f64.powf(-0.3)).abs() < 1e-12);
    }

    #[test]
    fn ln_gamma_knows_the_factorials() {
        assert!((ln_gamma(11.0) - 3_628_800_f64.ln()).abs() < 1e-12);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-14);
    }

    #[test]
    fn without_dropout_the_purchases_are_negative_binomial() {
        let moments = purchases_until_dropout(2.5, 0.4, 1e-12, 1.0).unwrap();
        let mean = 2.5 * 0.4 / 0.6;
        assert!((moments.mean - mean).abs() < 1e-9);
        assert!((moments.pairs - mean * mean * 3.5 / 2.5).abs() < 1e-9);
    }

    #[test]
    fn a_frequent_customer_of_a_far_horizon_overflows_nothing() {
        let moments = purchases_until_dropout(728.0, 0.8, 0.8, 60.0).unwrap();
        assert!(moments.mean.is_finite() && moments.mean > 100.0 && moments.mean < 728.0 * 4.0);
        assert_eq!(purchases_until_dropout(1.0, 1.0 - 1e-9, 0.8, 2.0), None);
    }

    #[test]
    fn half_a_micro_is_rounded_away_from_zero() {
        for (number, expected) in [(2.5, 3), (-2.5, -3), (0.4, 0), (-0.4, 0)] {
            assert_eq!(decimal(number / 1e6).millionths(), expected, "{number}");
        }
    }

    #[test]
    fn the_middle_of_many_is_normal_and_that_of_few_is_skewed() {
        let (low, high) = middle_80_percent(1_000.0, 400.0);
        assert!((low - 974.4).abs() < 0.3 && (high - 1_025.6).abs() < 0.3, "{low} {high}");
        // An exponential of mean 1 has ln(10/9) and ln 10.
        let (low, high) = middle_80_percent(1.0, 1.0);
        assert!(
            (low - 0.105_36).abs() < 0.01 && (high - std::f64::consts::LN_10).abs() < 0.03,
            "{low} {high}"
        );
        assert_eq!(middle_80_percent(0.0, 0.0), (0.0, 0.0));
    }

    proptest! {
        #[test]
        fn the_rearranged_series_is_the_papers_equation(
            shape in 0.1_f64..20.0, odds in 0.01_f64..0.9, a in 0.05_f64..4.0, b in 1.2_f64..9.0,
        ) {
            prop_assume!((a - 1.0).abs() > 1e-3);
            let moments = purchases_until_dropout(shape, odds, a, b).unwrap();
            let c = a + b - 1.0;
            let paper = c / (a - 1.0) * (1.0 - (1.0 - odds).powf(shape) * hyp2f1(shape, b, c, odds));
            prop_assert!((moments.mean - paper).abs() < 1e-8 * (1.0 + paper), "{} {paper}", moments.mean);
        }
    }
}
