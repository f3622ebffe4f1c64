//! What holds of any goal, seen at any time.

use proptest::prelude::*;

use super::*;

fn any_goal() -> impl Strategy<Value = Goal> {
    let fixed = (-400_i64..400, 0_i64..700).prop_map(|(from, length)| {
        let from = plus_days(date("2026-06-01"), from);
        Schedule::Fixed(Period { from, to: plus_days(from, length) })
    });
    let every = proptest::sample::select(&[Every::Week, Every::Month, Every::Quarter][..]);
    let period = prop_oneof![fixed, every.prop_map(|every| Schedule::Repeating { every })];
    let direction = prop_oneof![Just(Direction::AtLeast), Just(Direction::AtMost)];
    let target =
        prop_oneof![-1_000_i128..1_000, -10_i128.pow(18)..10_i128.pow(18)].prop_map(Decimal::from_millionths);
    (proptest::sample::select(&Metric::ALL[..]), target, direction, period).prop_map(
        |(metric, target, direction, period)| Goal { target, ..goal(metric, direction, "0", period) },
    )
}

/// Figures up to those that an `i128` just holds.
fn any_figure() -> impl Strategy<Value = Decimal> {
    prop_oneof![0_i128..2_000_000, -10_i128.pow(20)..10_i128.pow(20), any::<i128>()]
        .prop_map(Decimal::from_millionths)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_is_seen_is_told_without_contradiction(
        goal in any_goal(), on in -420_i64..420, minutes in -600_000_i64..600_000, late in any::<bool>(),
        actual in prop_oneof![4 => any_figure().prop_map(Ok), 1 => Just(Err(Undefined(Metric::Clicks)))],
        values in proptest::collection::vec(any_figure(), 0..60), first in proptest::option::of(-500_i64..420),
        zone in proptest::sample::select(
            &["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"][..])
    ) {
        let calendar = Calendar::new(zone.parse().unwrap());
        let day = |days| plus_days(date("2026-06-01"), days);
        let now = calendar.start_of_date(day(0)).plus(if late { 600_000 } else { minutes });
        let (on, first_data) = (day(on), first.map(day));
        let last = pattern_days(on, now, calendar, first_data).map_or(on, |days| days.to);
        let history: Vec<_> = values.iter().enumerate()
            .map(|(back, value)| DayTotals { date: plus_days(last, -i64::try_from(back).unwrap()), value: *value })
            .collect();
        let told = progress(&goal, &Seen { on, now, calendar, actual, history: &history, first_data });

        // What is null has its reason, and nothing else has one.
        let names = [
            ("actual", told.actual.is_none()), ("share", told.share.is_none()), ("status", told.status.is_none()),
            ("expected_by_now", told.expected_by_now.is_none()), ("projected", told.projected.is_none()),
        ];
        for (name, is_null) in names {
            prop_assert_eq!(told.reasons.contains_key(name), is_null, "{}", name);
        }
        prop_assert_eq!(told.actual, actual.ok());
        let expected = told.expected_by_now.unwrap().millionths().abs();
        prop_assert!(expected <= goal.target.millionths().abs());

        let ended = now.min(calendar.end_of_date(on)) >= bounds(told.period, calendar).to;
        let adds_up = goal.metric.quotient().is_none();
        let reached = actual.map(|actual| match goal.direction {
            Direction::AtLeast => actual >= goal.target,
            Direction::AtMost => actual <= goal.target,
        });
        let running = told.status != Some(Status::NotStarted) && !ended;
        match told.status {
            Some(Status::Achieved) => {
                prop_assert_eq!(reached, Ok(true));
                prop_assert!(ended || adds_up && goal.direction == Direction::AtLeast);
            }
            Some(Status::NotStarted) => prop_assert!(!ended && told.projected.is_none()),
            Some(Status::OnTrack | Status::AtRisk) => prop_assert!(running && told.projected.is_some()),
            Some(Status::OffTrack) => prop_assert!(!ended || reached == Ok(false)),
            None => prop_assert!(told.projected.is_none()),
        }
        if ended && told.status != Some(Status::NotStarted) {
            prop_assert_eq!(told.projected, actual.ok());
            prop_assert_eq!(told.status.is_none(), actual.is_err());
        }
        if running && adds_up && goal.direction == Direction::AtMost && reached == Ok(false) {
            prop_assert_eq!(told.status, Some(Status::OffTrack));
        }
        // What adds up is projected away from zero, never towards it.
        if let (Some(actual), Some(projected)) = (told.actual, told.projected) {
            prop_assert!(projected.millionths().unsigned_abs() >= actual.millionths().unsigned_abs());
        }
    }

    #[test]
    fn what_is_expected_only_rises_and_ends_at_the_target(
        zone in proptest::sample::select(&["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"][..]),
        values in proptest::collection::vec(0_i128..1_000_000_000, 35), from in 0_i64..365, length in 1_i64..20,
    ) {
        let calendar = Calendar::new(zone.parse().unwrap());
        let from = plus_days(date("2026-01-01"), from);
        let period = Period { from, to: plus_days(from, length - 1) };
        let goal = goal(Metric::Revenue, Direction::AtLeast, "1000", Schedule::Fixed(period));
        let span = bounds(period, calendar);
        let first = plus_days(from, -35);
        // The history is the same at every moment, so that only time moves.
        let mut before = Decimal::ZERO;
        let mut now = span.from;
        while now < span.to {
            let on = calendar.date_of(now);
            let weeks = pattern_days(on, now, calendar, Some(first)).unwrap();
            let history: Vec<_> = weeks.dates()
                .map(|date| (date, values[usize::try_from(date.weekday().num_days_from_monday()).unwrap()]))
                .map(|(date, value)| DayTotals { date, value: Decimal::from_millionths(value) })
                .collect();
            let seen = Seen {
                on, now, calendar, actual: Ok(Decimal::ZERO), history: &history, first_data: Some(on.min(first)),
            };
            let expected = progress(&goal, &seen).expected_by_now.unwrap();
            prop_assert!(expected >= before, "{} after {}", expected, before);
            before = expected;
            now = now.plus(397);
        }
        prop_assert!(before <= goal.target);
    }
}
