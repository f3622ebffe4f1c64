//! Where a stored rollup is not what its events add up to.

use std::collections::BTreeMap;

use super::fold::Rollup;
use super::rows::{Row, Rows};
use super::view::View;
use crate::domain::decimal::Decimal;

/// What a stored rollup is, beside the same one recounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It says what the recount says.
    Same,
    /// It was made from fewer versions than are stored: a recount is due, or was lost.
    Behind,
    /// It says something else.
    Different,
}

/// One figure that is not what the recount says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The view and the row's values; none where it is about the whole rollup.
    pub row: Option<(View, Vec<String>)>,
    /// Which figure.
    pub metric: &'static str,
    /// What is stored; none where there is no such rollup.
    pub stored: Option<Decimal>,
    /// What the events add up to.
    pub recounted: Decimal,
}

/// Holds a stored rollup against its recount. `fitted` says what an item keeps of a view's rows: a recount is made
/// the same where that is all that tells them apart.
///
/// Stamps are not compared: a recount of another generation may well say the same.
pub fn held_against(
    stored: Option<&Rollup>,
    recounted: &mut Rollup,
    fitted: impl Fn(&Rows) -> Rows,
) -> Verdict {
    let Some(stored) = stored else {
        return if recounted.n == 0 { Verdict::Same } else { Verdict::Behind };
    };
    if stored.n < recounted.n {
        return Verdict::Behind;
    }
    let mut same = stored.n == recounted.n;
    for view in View::all() {
        let kept = stored.rows(view);
        if recounted.rows(view) != kept {
            let rows = recounted.views.entry(view).or_default();
            *rows = fitted(rows);
            same &= *rows == kept;
        }
    }
    if same { Verdict::Same } else { Verdict::Different }
}

impl Difference {
    /// Every figure in which a stored rollup is not its recount.
    pub fn all(stored: Option<&Rollup>, recounted: &Rollup) -> Vec<Self> {
        let mut all = Vec::new();
        let versions = stored.map(|stored| Decimal::whole(stored.n));
        if versions != Some(Decimal::whole(recounted.n)) {
            let recounted = Decimal::whole(recounted.n);
            all.push(Self { row: None, metric: "versions", stored: versions, recounted });
        }
        for view in View::all().filter(|_| stored.is_some()) {
            let (kept, right) =
                (stored.map(|stored| stored.rows(view)).unwrap_or_default(), recounted.rows(view));
            all.extend(rows(view, &kept, &right));
        }
        all
    }
}

fn rows(view: View, stored: &Rows, recounted: &Rows) -> Vec<Difference> {
    let mut both: BTreeMap<&[String], (Option<&Row>, Option<&Row>)> = BTreeMap::new();
    stored.iter().for_each(|(values, row)| both.entry(values).or_default().0 = Some(row));
    recounted.iter().for_each(|(values, row)| both.entry(values).or_default().1 = Some(row));
    let mut all = Vec::new();
    for (values, (kept, right)) in both.into_iter().filter(|(_, (kept, right))| kept != right) {
        let figures = |row: Option<&Row>| {
            let counts = row.map(|row| row.counts.clone()).unwrap_or_default();
            let flag = |truth: bool| Decimal::whole(i128::from(truth));
            let more = [("rows", flag(row.is_some())), ("trusted", flag(row.is_some_and(|row| row.trusted)))];
            counts.figures().into_iter().chain(more)
        };
        all.extend(figures(kept).zip(figures(right)).filter(|(one, other)| one != other).map(
            |((metric, stored), (_, recounted))| Difference {
                row: Some((view, values.to_vec())),
                metric,
                stored: Some(stored),
                recounted,
            },
        ));
    }
    if stored.folded() != recounted.folded() {
        all.push(Difference {
            row: Some((view, Vec::new())),
            metric: "folded_rows",
            stored: Some(Decimal::whole(stored.folded())),
            recounted: Decimal::whole(recounted.folded()),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::counts::Counts;

    fn rollup(n: u64, sales: &[(&str, u64)]) -> Rollup {
        let mut rollup = Rollup { n, ..Rollup::default() };
        for (channel, sales) in sales {
            let counts = Counts { sales: *sales, ..Counts::default() };
            rollup.views.entry(View::CHANNEL).or_default().add(vec![(*channel).to_owned()], &counts, true);
        }
        rollup
    }

    fn verdict(stored: Option<&Rollup>, recounted: &Rollup) -> Verdict {
        held_against(stored, &mut recounted.clone(), Rows::clone)
    }

    #[test]
    fn a_rollup_is_the_same_behind_or_different() {
        let right = rollup(2, &[("email", 2)]);
        for (stored, expected) in [
            (Some(rollup(2, &[("email", 2)])), Verdict::Same),
            (Some(rollup(1, &[("email", 1)])), Verdict::Behind),
            (Some(rollup(3, &[("email", 2)])), Verdict::Different),
            (Some(rollup(2, &[("email", 1)])), Verdict::Different),
            (Some(rollup(2, &[("email", 2), ("sms", 0)])), Verdict::Different),
            (None, Verdict::Behind),
        ] {
            assert_eq!(verdict(stored.as_ref(), &right), expected, "{stored:?}");
        }
        assert_eq!(verdict(None, &Rollup::default()), Verdict::Same);
    }

    #[test]
    fn a_view_without_rows_is_the_same_as_none() {
        let mut stored = rollup(0, &[]);
        stored.views.insert(View::CHANNEL, Rows::default());
        assert_eq!(verdict(Some(&stored), &rollup(0, &[])), Verdict::Same);
    }

    #[test]
    fn what_an_item_keeps_of_too_many_rows_is_the_same() {
        let mut recounted = rollup(3, &[("email", 2), ("sms", 1)]);
        let fold = |rows: &Rows| {
            let mut rows = rows.clone();
            rows.cap(1, usize::MAX);
            rows
        };
        let mut stored = recounted.clone();
        stored.views.values_mut().for_each(|rows| *rows = fold(rows));
        assert_eq!(held_against(Some(&stored), &mut recounted, fold), Verdict::Same);
        assert_eq!(recounted, stored, "what is folded of it goes on from there");
    }

    #[test]
    fn every_figure_that_differs_is_named() {
        let told = Difference::all(
            Some(&rollup(3, &[("email", 2), ("sms", 1)])),
            &rollup(2, &[("email", 1), ("push", 0)]),
        );
        let told: Vec<_> = told
            .iter()
            .map(|difference| {
                let key =
                    difference.row.as_ref().map(|(view, key)| format!("{} {}", view.name(), key.join("+")));
                (key.unwrap_or_default(), difference.metric, difference.recounted.text())
            })
            .collect();
        let line = |key: &str, metric, right: &str| (key.to_owned(), metric, right.to_owned());
        assert_eq!(
            told,
            [
                line("", "versions", "2"),
                line("channel email", "sales", "1"),
                line("channel push", "rows", "1"),
                line("channel push", "trusted", "1"),
                line("channel sms", "sales", "0"),
                line("channel sms", "rows", "0"),
                line("channel sms", "trusted", "0"),
            ]
        );
        let missing = Difference::all(None, &rollup(2, &[("email", 1)]));
        assert_eq!((missing.len(), missing[0].metric, missing[0].stored), (1, "versions", None));
    }
}
