//! What is expected by now: on long and short days, in months of all lengths, by weekdays and by the clock.

use super::*;

#[test]
fn a_change_of_the_clock_makes_a_day_longer_or_shorter() {
    let weekly =
        |target| goal(Metric::Clicks, Direction::AtLeast, target, Schedule::Repeating { every: Every::Week });
    let (berlin, howe) = (chrono_tz::Europe::Berlin, chrono_tz::Australia::Lord_Howe);
    // The target is the number of (half) hours of the week, and so what is expected that of those gone by.
    for (zone, time, target, expected) in [
        // 7 * 24 + 1 = 169 hours; Sunday at the second 02:00 six days and 3 hours have gone by.
        (berlin, "2026-10-25T02:00:00+01:00", "169", "147"),
        (berlin, "2026-10-25T03:00:00+01:00", "169", "148"),
        // 167 hours; at 03:00 of Sunday, 2 hours of it.
        (berlin, "2026-03-29T03:00:00+02:00", "167", "146"),
        // 167.5 hours, 335 halves; at 02:30 of Sunday, 4 halves of it.
        (howe, "2026-10-04T02:30:00+11:00", "335", "292"),
        // 168.5 hours, 337 halves; at 02:00 of Sunday, 5 halves of it.
        (howe, "2026-04-05T02:00:00+10:30", "337", "293"),
    ] {
        let at = seen(zone, time, "0", "2026-03-01", &[]);
        assert_eq!(
            progress(&weekly(target), &at).expected_by_now.map(Decimal::text).as_deref(),
            Some(expected),
            "{time}"
        );
    }
    // By weekdays: 5 * 100 + 50 until Sunday, which weighs 70 here; at 03:00, 4 of its 25 hours: 11.2.
    let mut history = working_days("2026-09-27", "2026-10-24");
    history.extend(
        ["09-27", "10-04", "10-11", "10-18"]
            .map(|day| DayTotals { date: date(&format!("2026-{day}")), value: number("70") }),
    );
    let at = seen(berlin, "2026-10-25T03:00:00+01:00", "0", "2026-01-01", &history);
    // 620 * (550 + 11.2) / 620.
    assert_eq!(progress(&weekly("620"), &at).expected_by_now, Some(number("561.2")));
}

#[test]
fn months_are_as_long_as_they_are() {
    let monthly =
        goal(Metric::Clicks, Direction::AtLeast, "1000", Schedule::Repeating { every: Every::Month });
    for (time, expected) in [
        // Half of a leap February's 29 days, of another's 28, and of January's 31.
        ("2024-02-15T12:00:00Z", "500"),
        ("2026-02-15T00:00:00Z", "500"),
        ("2026-01-16T12:00:00Z", "500"),
        ("2024-02-29T00:00:00Z", "965.517241"),
    ] {
        let at = seen(chrono_tz::UTC, time, "0", "2026-01-01", &[]);
        assert_eq!(progress(&monthly, &at).expected_by_now, Some(number(expected)), "{time}");
    }
}

#[test]
fn the_pattern_is_made_of_the_last_four_to_eight_whole_weeks() {
    let berlin = Calendar::new(chrono_tz::Europe::Berlin);
    let now = Minute::of("2026-11-22T23:30:00Z".parse().unwrap());
    for (on, first_data, pattern) in [
        ("2026-11-23", None, None),
        ("2026-11-23", Some("2026-11-24"), None),
        // 27 days, 28 and 34, 35.
        ("2026-11-23", Some("2026-10-27"), None),
        ("2026-11-23", Some("2026-10-26"), Some("2026-10-26")),
        ("2026-11-23", Some("2026-10-20"), Some("2026-10-26")),
        ("2026-11-23", Some("2026-10-19"), Some("2026-10-19")),
        ("2026-11-23", Some("2020-01-01"), Some("2026-09-28")),
        // Days still to come are in no pattern.
        ("2026-12-24", Some("2020-01-01"), Some("2026-09-28")),
    ] {
        let expected = pattern.map(|from| Period { from: date(from), to: date("2026-11-22") });
        assert_eq!(
            pattern_days(date(on), now, berlin, first_data.map(date)),
            expected,
            "{on} {first_data:?}"
        );
    }
    let back = pattern_days(date("2026-11-01"), now, berlin, Some(date("2020-01-01")));
    assert_eq!(back, Some(Period { from: date("2026-09-06"), to: date("2026-10-31") }));
}

#[test]
fn a_history_that_says_nothing_leaves_it_to_the_clock() {
    let goal = goal(Metric::Profit, Direction::AtLeast, "1000", november());
    let old = DayTotals { date: date("2026-01-05"), value: number("1000000") };
    let tuesday = DayTotals { date: date("2026-11-10"), value: number("-0.01") };
    let wednesday = DayTotals { date: date("2026-11-11"), value: number("500") };
    // Empty, outside of the weeks, or with a weekday that lost money: 17 of 30 days, 1000 * 17 / 30, and
    // 500 * 30 / 17.
    for history in [&[][..], &[old], &[tuesday, wednesday]] {
        let at = seen(chrono_tz::UTC, "2026-11-18T00:00:00Z", "500", "2020-01-01", history);
        check(&goal, &at, "566.666667", "882.352941", Some(Status::OffTrack), &[]);
    }
    // A Saturday and a Sunday weigh nothing where all comes in on Wednesdays.
    let weekend = Goal { period: days("2026-11-14", "2026-11-15"), ..goal.clone() };
    let wednesdays = [wednesday];
    let at = seen(chrono_tz::UTC, "2026-11-15T00:00:00Z", "500", "2020-01-01", &wednesdays);
    check(&weekend, &at, "500", "1000", Some(Status::OnTrack), &[]);
    // Before the first Wednesday of the period nothing can be projected.
    let monday = Goal { period: days("2026-11-14", "2026-11-30"), ..goal };
    let at = seen(chrono_tz::UTC, "2026-11-16T00:00:00Z", "500", "2020-01-01", &wednesdays);
    check(&monday, &at, "0", "-", None, &["projected", "status"]);
}

#[test]
fn dates_that_are_skipped_or_struck_in_two_runs_still_have_a_pace() {
    let goal = |from: &str, to: &str| goal(Metric::Clicks, Direction::AtLeast, "1441", days(from, to));
    // On 2010-11-06 St. John's struck midnight twice: 24 hours until 00:01 of the 7th, which then was 23:01
    // of the 6th again. The 7th of 24 hours and a minute has had its first minute by then.
    let time = "2010-11-06T23:01:00-03:30";
    let sunday = [DayTotals { date: date("2010-10-31"), value: number("1441") }];
    let at = Seen {
        on: date("2010-11-07"),
        ..seen(chrono_tz::America::St_Johns, time, "0", "2010-01-01", &sunday)
    };
    check(&goal("2010-11-07", "2010-11-07"), &at, "1", "-", None, &["projected", "status"]);
    // Apia skipped 2011-12-30: a goal for that day alone is over as soon as it begins.
    let apia = chrono_tz::Pacific::Apia;
    let before = seen(apia, "2011-12-29T23:59:00-10:00", "0", "2011-12-01", &[]);
    check(&goal("2011-12-30", "2011-12-30"), &before, "0", "-", Some(Status::NotStarted), &["projected"]);
    let after = seen(apia, "2011-12-31T00:00:00+14:00", "5", "2011-12-01", &[]);
    check(&goal("2011-12-30", "2011-12-30"), &after, "1441", "5", Some(Status::OffTrack), &[]);
}

#[test]
fn the_largest_figures_keep_their_pace() {
    let goal = goal(Metric::Revenue, Direction::AtLeast, "1000000000000", november());
    let value = Decimal::from_millionths(1 << 66);
    let all = Period { from: date("2026-09-21"), to: date("2026-11-15") };
    let history: Vec<_> = all.dates().map(|date| DayTotals { date, value }).collect();
    let at = seen(chrono_tz::UTC, "2026-11-16T00:00:00Z", "600000000000", "2026-01-01", &history);
    check(&goal, &at, "500000000000", "1200000000000", Some(Status::OnTrack), &[]);
}
