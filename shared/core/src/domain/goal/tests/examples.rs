//! Goals seen at moments whose figures were worked out by hand.

use super::*;

#[test]
fn sales_of_at_least_a_thousand() {
    let goal = goal(Metric::Sales, Direction::AtLeast, "1000", november());
    // At noon of the 16th 15.5 of 30 days have gone by: 1000 * 15.5 / 30 are expected, and what is there
    // comes to 30 / 15.5 times as much.
    let noon = "2026-11-16T12:00:00+01:00";
    for (actual, projected, status) in [
        ("520", "1006.451613", Status::OnTrack),
        // 1000 / (30 / 15.5) = 516.666667, and 0.9 of it is 465.
        ("516", "998.709677", Status::AtRisk),
        ("465", "900", Status::AtRisk),
        ("464", "898.064516", Status::OffTrack),
        ("0", "0", Status::OffTrack),
        ("999", "1933.548387", Status::OnTrack),
        ("1000", "1935.483871", Status::Achieved),
    ] {
        check(&goal, &in_berlin(noon, actual), "516.666667", projected, Some(status), &[]);
    }
}

#[derive(serde::Serialize)]
struct Answer<'a> {
    goal: &'a str,
    #[serde(flatten)]
    progress: Progress,
}

#[test]
fn progress_is_written_as_plain_numbers_and_can_stand_beside_its_goal() {
    let goal = goal(Metric::Sales, Direction::AtLeast, "1000", november());
    let answer = |seen| {
        let progress = progress(&goal, &seen);
        serde_json::to_string(&Answer { goal: "g_1", progress }).unwrap()
    };
    let period = r#""period":{"from":"2026-11-01","to":"2026-11-30"}"#;
    assert_eq!(
        answer(in_berlin("2026-11-16T12:00:00+01:00", "520")),
        format!(
            r#"{{"goal":"g_1",{period},"actual":520,"target":1000,"share":0.52,"expected_by_now":516.666667,"projected":1006.451613,"status":"on_track","reasons":{{}}}}"#
        )
    );
    assert_eq!(
        answer(in_berlin("2026-10-31T12:00:00+01:00", "0")),
        format!(
            r#"{{"goal":"g_1",{period},"actual":0,"target":1000,"share":0,"expected_by_now":0,"projected":null,"status":"not_started","reasons":{{"projected":"the period has not begun"}}}}"#
        )
    );
}

#[test]
fn a_cost_per_acquisition_of_at_most_twenty() {
    let goal = goal(Metric::Cpa, Direction::AtMost, "20", november());
    // 20 / 0.9 = 22.2222..: what lies above it is off track.
    for (actual, status) in [
        ("18", Status::OnTrack),
        ("20", Status::OnTrack),
        ("22", Status::AtRisk),
        ("22.222222", Status::AtRisk),
        ("22.222223", Status::OffTrack),
    ] {
        let mut seen = in_berlin("2026-11-01T01:00:00+01:00", actual);
        check(&goal, &seen, "20", actual, Some(status), &[]);
        seen.first_data = None;
        check(&goal, &seen, "20", actual, Some(status), &[]);
    }
    for (actual, status) in [("20", Status::Achieved), ("20.000001", Status::OffTrack)] {
        check(&goal, &in_berlin("2026-12-01T00:00:00+01:00", actual), "20", actual, Some(status), &[]);
    }
    for time in ["2026-11-16T12:00:00+01:00", "2026-12-01T00:00:00+01:00"] {
        let unknown = Seen { actual: Err(Undefined(Metric::Acquisitions)), ..in_berlin(time, "0") };
        check(&goal, &unknown, "20", "-", None, &["actual", "projected", "share", "status"]);
        assert_eq!(progress(&goal, &unknown).reasons["status"], "no acquisitions");
    }
}

#[test]
fn a_monthly_goal_for_one_channel_by_the_weekdays_of_the_site() {
    let mut goal =
        goal(Metric::Revenue, Direction::AtLeast, "4400", Schedule::Repeating { every: Every::Month });
    goal.filters.allow(Dimension::Channel, "email".to_owned());
    let history = working_days("2026-01-18", "2026-02-17");
    // February 2026 has four of each weekday: 4 * 550 = 2200. Until Wednesday the 18th at six there are two
    // weeks, a Sunday, a Monday, a Tuesday and a quarter of a Wednesday: 2 * 550 + 0 + 100 + 100 + 25 = 1325.
    // 4400 * 1325 / 2200 = 2650, and 2700 * 2200 / 1325 = 4483.018868.
    let at = |first_data| seen(chrono_tz::UTC, "2026-02-18T06:00:00Z", "2700", first_data, &history);
    check(&goal, &at("2026-01-18"), "2650", "4483.018868", Some(Status::OnTrack), &[]);
    // Four weeks just suffice; a day less, and the clock decides: 17.25 of 28 days, 4400 * 17.25 / 28 =
    // 2710.714286, and 2700 * 28 / 17.25 = 4382.608696.
    check(&goal, &at("2026-01-21"), "2650", "4483.018868", Some(Status::OnTrack), &[]);
    check(&goal, &at("2026-01-22"), "2710.714286", "4382.608696", Some(Status::AtRisk), &[]);
    // On a Sunday, on which nothing is sold, nothing more is expected from its beginning to its end.
    for time in ["2026-02-15T00:00:00Z", "2026-02-15T23:59:00Z"] {
        let sunday = seen(chrono_tz::UTC, time, "2200", "2026-01-18", &history);
        check(&goal, &sunday, "2200", "4400", Some(Status::OnTrack), &[]);
    }
    // The next month is another period of the same goal.
    let march = progress(&goal, &seen(chrono_tz::UTC, "2026-03-01T06:00:00Z", "0", "2026-01-18", &history));
    assert_eq!(march.period, Period { from: date("2026-03-01"), to: date("2026-03-31") });
}

#[test]
fn too_little_data_is_no_projection() {
    let november = goal(Metric::Sales, Direction::AtLeast, "1000", november());
    let null = ["projected", "status"];
    // 18 hours of 720: 25 are expected; 40 in less than a day are not 1600 in a month.
    check(&november, &in_berlin("2026-11-01T18:00:00+01:00", "40"), "25", "-", None, &null);
    let reason = "too little has gone by: a projection takes a whole day and a fiftieth of the period";
    assert_eq!(progress(&november, &in_berlin("2026-11-01T18:00:00+01:00", "40")).reasons["status"], reason);
    check(&november, &in_berlin("2026-11-01T00:00:00+01:00", "0"), "0", "-", None, &null);
    check(
        &november,
        &in_berlin("2026-11-02T00:00:00+01:00", "40"),
        "33.333333",
        "1200",
        Some(Status::OnTrack),
        &[],
    );
    // What is decided needs no projection.
    let early = in_berlin("2026-11-01T18:00:00+01:00", "1001");
    check(&november, &early, "25", "-", Some(Status::Achieved), &["projected"]);
    let budget = goal(Metric::Spend, Direction::AtMost, "1000", november.period);
    check(&budget, &early, "25", "-", Some(Status::OffTrack), &["projected"]);
    // A quarter of 92 days, 2208 hours: a fiftieth is 44 hours and 9.6 minutes.
    let quarter =
        goal(Metric::Sales, Direction::AtLeast, "2208", Schedule::Repeating { every: Every::Quarter });
    let at = |time| seen(chrono_tz::UTC, time, "100", "2026-07-01", &[]);
    check(&quarter, &at("2026-07-02T20:00:00Z"), "44", "-", None, &null);
    check(&quarter, &at("2026-07-02T21:00:00Z"), "45", "4906.666667", Some(Status::OnTrack), &[]);
    // A single day: 10 % of it is 2 hours and 24 minutes.
    let friday = goal(Metric::Sales, Direction::AtLeast, "240", days("2026-11-27", "2026-11-27"));
    check(&friday, &in_berlin("2026-11-27T02:23:00+01:00", "20"), "23.833333", "-", None, &null);
    check(&friday, &in_berlin("2026-11-27T02:24:00+01:00", "20"), "24", "200", Some(Status::OffTrack), &[]);
    // Nothing has ever been sent, or not before the day looked at.
    for first_data in ["never", "2026-11-17"] {
        let nothing = seen(chrono_tz::UTC, "2026-11-16T00:00:00Z", "0", first_data, &[]);
        check(&november, &nothing, "500", "-", None, &null);
        assert_eq!(progress(&november, &nothing).reasons["projected"], "there are no events yet");
    }
}

#[test]
fn a_site_that_joins_late_is_projected_from_its_first_day() {
    let goal = goal(Metric::Sales, Direction::AtLeast, "1000", november());
    // 100 in the five days from the 16th on, of 15 until the end: 300. By the 21st, 20 of 30 days are
    // expected.
    let late = seen(chrono_tz::UTC, "2026-11-21T00:00:00Z", "100", "2026-11-16", &[]);
    check(&goal, &late, "666.666667", "300", Some(Status::OffTrack), &[]);
    let first_day = seen(chrono_tz::UTC, "2026-11-16T23:00:00Z", "100", "2026-11-16", &[]);
    assert_eq!(progress(&goal, &first_day).status, None);
}

#[test]
fn a_period_is_not_begun_then_runs_then_is_over() {
    let sales = goal(Metric::Sales, Direction::AtLeast, "1000", november());
    let budget = goal(Metric::Spend, Direction::AtMost, "1000", november());
    let before = in_berlin("2026-10-31T23:59:00+01:00", "0");
    check(&sales, &before, "0", "-", Some(Status::NotStarted), &["projected"]);
    for (actual, of_sales, of_budget) in [
        ("999", Status::OffTrack, Status::Achieved),
        ("1000", Status::Achieved, Status::Achieved),
        ("1001", Status::Achieved, Status::OffTrack),
    ] {
        let over = in_berlin("2026-12-01T00:00:00+01:00", actual);
        check(&sales, &over, "1000", actual, Some(of_sales), &[]);
        check(&budget, &over, "1000", actual, Some(of_budget), &[]);
    }
    // Looked back at, a day counts to its end: on the 15th, half of the month; on the 30th all of it; the
    // 31st of October is before.
    let later = in_berlin("2027-01-10T10:00:00+01:00", "600");
    check(&sales, &Seen { on: date("2026-11-15"), ..later }, "500", "1200", Some(Status::OnTrack), &[]);
    check(&sales, &Seen { on: date("2026-11-30"), ..later }, "1000", "600", Some(Status::OffTrack), &[]);
    check(
        &sales,
        &Seen { on: date("2026-10-31"), ..later },
        "0",
        "-",
        Some(Status::NotStarted),
        &["projected"],
    );
    // Looked forward to, nothing goes by that has not.
    let now = in_berlin("2026-11-16T00:00:00+01:00", "600");
    check(&sales, &Seen { on: date("2026-12-24"), ..now }, "500", "1200", Some(Status::OnTrack), &[]);
    let monthly = Goal { period: Schedule::Repeating { every: Every::Month }, ..sales };
    check(
        &monthly,
        &Seen { on: date("2026-12-24"), ..now },
        "0",
        "-",
        Some(Status::NotStarted),
        &["projected"],
    );
}

#[test]
fn losses_and_targets_of_nothing() {
    let half = "2026-11-16T00:00:00+01:00";
    let (least, most) = (Direction::AtLeast, Direction::AtMost);
    for (metric, direction, target, actual, projected, status, missing) in [
        (Metric::Profit, least, "1000", "-300", "-600", Status::OffTrack, &[][..]),
        (Metric::Profit, most, "1000", "-300", "-600", Status::OnTrack, &[]),
        // At least nothing: held from the first minute, and so no more than on track.
        (Metric::Profit, least, "0", "10", "20", Status::OnTrack, &["share"]),
        (Metric::Profit, least, "0", "-0.1", "-0.2", Status::OffTrack, &["share"]),
        // A loss of at most 500: 500 / 0.9 = 555.5555.. is still near.
        (Metric::Profit, least, "-500", "-250", "-500", Status::OnTrack, &["share"]),
        (Metric::Profit, least, "-500", "-277", "-554", Status::AtRisk, &["share"]),
        (Metric::Profit, least, "-500", "-278", "-556", Status::OffTrack, &["share"]),
        (Metric::Profit, least, "-500", "20", "40", Status::OnTrack, &["share"]),
        (Metric::Refunds, most, "0", "0", "0", Status::OnTrack, &["share"]),
        (Metric::Refunds, most, "0", "1", "2", Status::OffTrack, &["share"]),
        (Metric::Spend, most, "1000", "500", "1000", Status::OnTrack, &[]),
        // 1000 / 0.9 = 1111.1111..
        (Metric::Spend, most, "1000", "555", "1110", Status::AtRisk, &[]),
        (Metric::Spend, most, "1000", "556", "1112", Status::OffTrack, &[]),
        (Metric::Spend, most, "1000", "1000", "2000", Status::OffTrack, &[]),
    ] {
        let goal = goal(metric, direction, target, november());
        let expected = number(target).millionths().div_euclid(2);
        let expected = Decimal::from_millionths(expected).text();
        check(&goal, &in_berlin(half, actual), &expected, projected, Some(status), missing);
    }
    for (target, reason) in [("0", "the target is 0"), ("-1", "the target is below 0")] {
        let goal = goal(Metric::Roi, least, target, november());
        let shown = progress(&goal, &in_berlin(half, "0.5"));
        assert_eq!((shown.share, shown.status), (None, Some(Status::OnTrack)));
        assert_eq!(shown.reasons, BTreeMap::from([("share", reason.to_owned())]));
    }
}
