//! Scales: from figures to pixels in whole numbers. Of all rendering only this file divides, and never a figure by another.

use std::fmt;

use crate::domain::decimal::Decimal;

/// A place on a chart, in tenths of a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tenths(pub(super) i64);

impl fmt::Display for Tenths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        match size % 10 {
            0 => write!(formatter, "{sign}{}", size / 10),
            tenth => write!(formatter, "{sign}{}.{tenth}", size / 10),
        }
    }
}

/// An axis that begins and ends at round numbers, zero among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    low: i128,
    high: i128,
    step: i128,
}

/// What is left of a number that is too large to be drawn.
const LARGEST: i128 = 1_000_000_000_000_000_000_000_000;

impl Scale {
    /// The axis of some figures with at most `most` intervals; in `whole` steps where they are counts.
    pub(super) fn over(figures: impl Iterator<Item = Decimal>, whole: bool, most: i128) -> Self {
        let (mut least, mut largest) = (0, 0);
        for figure in figures {
            let millionths = figure.millionths().clamp(-LARGEST, LARGEST);
            (least, largest) = (least.min(millionths), largest.max(millionths));
        }
        let mut step = if whole || largest == least { Decimal::SCALE } else { 1 };
        // 1, 2, 5, 10, 20, 50 ... until the figures take few enough of them; both ends are rounded outwards.
        let mut factors = [2, 5, 10].into_iter().cycle();
        let mut unit = step;
        let reach = |step: i128| (least.div_euclid(step) * step, -(-largest).div_euclid(step) * step);
        let (mut low, mut high) = reach(step);
        while (high - low).div_euclid(step) > most.max(2) {
            let factor = factors.next().unwrap_or(10);
            step = unit * factor;
            if factor == 10 {
                unit = step;
            }
            (low, high) = reach(step);
        }
        if low == high {
            high = low + step;
        }
        Self { low, high, step }
    }

    /// The axis that ends at the largest figure, for what has no marks.
    pub(super) fn within(figures: impl Iterator<Item = Decimal>) -> Self {
        let (mut low, mut high) = (0, 0);
        for figure in figures {
            let millionths = figure.millionths().clamp(-LARGEST, LARGEST);
            (low, high) = (low.min(millionths), high.max(millionths));
        }
        let high = if low == high { high + Decimal::SCALE } else { high };
        Self { low, high, step: high - low }
    }

    /// The figures at which the axis is marked, from the lowest.
    pub(super) fn ticks(self) -> impl Iterator<Item = Decimal> {
        let next = move |tick: &i128| Some(tick + self.step).filter(|tick| *tick <= self.high);
        std::iter::successors(Some(self.low), next).map(Decimal::from_millionths)
    }

    /// How far a figure lies from the low end, where the whole axis is `length` pixels long.
    pub(super) fn place(self, figure: Decimal, length: i64) -> Tenths {
        let figure = figure.millionths().clamp(self.low, self.high) - self.low;
        let tenths = figure.saturating_mul(i128::from(length) * 10).div_euclid(self.high - self.low);
        Tenths(i64::try_from(tenths).unwrap_or(0))
    }
}

/// Where the `place`th of `many` stands when all are spread over `length` pixels, the first and the last at the ends.
pub(super) fn spread(place: usize, many: usize, length: i64) -> Tenths {
    let of = |number: usize| i64::try_from(number).unwrap_or(0);
    let last = of(many) - 1;
    Tenths(if last <= 0 { length * 5 } else { (of(place) * length * 10).div_euclid(last) })
}

/// How many times `part` goes into `whole`, at least once.
pub(super) fn times(whole: i64, part: i64) -> i64 {
    whole.div_euclid(part.max(1)).max(1)
}

/// The row and the column of the `place`th thing, where a row has so many columns.
pub(super) fn in_rows(place: i64, columns: i64) -> (i64, i64) {
    (place.div_euclid(columns.max(1)), place.rem_euclid(columns.max(1)))
}

/// The same of things in a row, rounded up: every how many of `many` one is named, so that at most `most` are.
pub(super) fn every(many: usize, most: i64) -> usize {
    many.div_ceil(usize::try_from(most).unwrap_or(1).max(1)).max(1)
}

/// How many hundredths of `whole` a figure is, from 0 to 100; both are above zero.
pub(super) fn hundredths(figure: Decimal, whole: Decimal) -> i128 {
    (figure.millionths() * 100).checked_div(whole.millionths()).unwrap_or(0).clamp(0, 100)
}

/// A figure rounded half away from zero to so many decimals, at most six.
pub(super) fn rounded(figure: Decimal, decimals: u32) -> Decimal {
    let unit = 10_i128.pow(6_u32.saturating_sub(decimals));
    let size = figure.millionths().saturating_abs();
    let kept = size.saturating_add(unit.div_euclid(2)).div_euclid(unit) * unit;
    Decimal::from_millionths(if figure.is_negative() { -kept } else { kept })
}

/// A large figure as a short one and what it is counted in: 2,500 is 2.5 k.
pub(super) fn shortened(figure: Decimal) -> (Decimal, &'static str) {
    let units = [(12, "T"), (9, "bn"), (6, "M"), (3, "k")];
    let size = figure.millionths().saturating_abs();
    let unit = units.into_iter().find(|(zeros, _)| size >= Decimal::SCALE * 10_i128.pow(*zeros));
    unit.map_or((figure, ""), |(zeros, name)| {
        (rounded(Decimal::from_millionths(figure.millionths().div_euclid(10_i128.pow(zeros))), 2), name)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ticks(figures: &[&str], whole: bool) -> Vec<String> {
        let figures = figures.iter().map(|text| Decimal::parse(text).unwrap());
        Scale::over(figures, whole, 5).ticks().map(Decimal::text).collect()
    }

    #[test]
    fn axes_begin_and_end_at_round_numbers() {
        assert_eq!(ticks(&["3", "12"], true), ["0", "5", "10", "15"]);
        assert_eq!(ticks(&["0.025", "0.011"], false), ["0", "0.005", "0.01", "0.015", "0.02", "0.025"]);
        assert_eq!(ticks(&["-30", "100"], false), ["-50", "0", "50", "100"]);
        assert_eq!(ticks(&["1"], true), ["0", "1"]);
        assert_eq!(ticks(&[], false), ["0", "1"]);
        assert_eq!(ticks(&["-4"], true), ["-4", "-3", "-2", "-1", "0"]);
    }

    #[test]
    fn figures_are_rounded_away_from_zero_and_shortened() {
        for (figure, decimals, expected) in
            [("2.345", 2, "2.35"), ("-2.345", 2, "-2.35"), ("0.5", 0, "1"), ("7", 2, "7")]
        {
            assert_eq!(rounded(Decimal::parse(figure).unwrap(), decimals).text(), expected);
        }
        for (figure, expected) in [("999", "999"), ("2500", "2.5k"), ("1000000", "1M"), ("-20000", "-20k")] {
            let (short, unit) = shortened(Decimal::parse(figure).unwrap());
            assert_eq!(format!("{}{unit}", short.text()), expected);
        }
        assert_eq!((Tenths(-15).to_string(), Tenths(120).to_string()), ("-1.5".to_owned(), "12".to_owned()));
    }

    proptest! {
        #[test]
        fn every_axis_holds_its_figures_and_has_few_round_steps(
            figures in prop::collection::vec(any::<i64>(), 0..6), shift in 0_u32..40, whole in any::<bool>(),
        ) {
            let figures: Vec<_> = figures.iter().map(|it| Decimal::from_millionths(i128::from(it >> shift))).collect();
            let scale = Scale::over(figures.iter().copied(), whole, 5);
            let ticks: Vec<_> = scale.ticks().map(Decimal::millionths).collect();
            prop_assert!((2..=7).contains(&ticks.len()), "{:?}", ticks);
            prop_assert!(ticks.contains(&0));
            let step = ticks[1] - ticks[0];
            let digits = step.to_string();
            prop_assert!(["1", "2", "5"].contains(&digits.trim_end_matches('0')), "{}", step);
            prop_assert!(!whole || step % Decimal::SCALE == 0);
            for figure in figures {
                prop_assert!(ticks[0] <= figure.millionths() && figure.millionths() <= ticks[ticks.len() - 1]);
                let place = scale.place(figure, 300);
                prop_assert!((Tenths(0)..=Tenths(3_000)).contains(&place));
            }
        }
    }
}
