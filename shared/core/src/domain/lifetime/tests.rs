//! The models against published figures, against what customers did next, and against customers made up by them.

#![expect(clippy::float_arithmetic, reason = "made-up customers are drawn from distributions")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::special::weeks;
use super::*;
use crate::domain::decimal::{Decimal, Money};

/// Days from the first of January 1970 to the last of September 1997, where the papers' past ends.
const END: i64 = 10_134;
/// And to the end of June 1998, where the data end: 39 weeks later.
const LATER: i64 = END + 273;

type Purchases = BTreeMap<u32, Vec<(i64, Money)>>;

fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data").join(name);
    String::from_utf8(zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap()).unwrap()
}

/// All purchases of CDNOW's cohort, by customer.
fn cdnow() -> Purchases {
    let mut purchases = Purchases::new();
    for line in data("cdnow.txt.zst").lines().skip(1) {
        let [customer, date, _, dollars] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let date = chrono::NaiveDate::parse_from_str(date, "%Y%m%d").unwrap();
        let day = date.signed_duration_since(chrono::NaiveDate::default()).num_days();
        purchases.entry(customer.parse().unwrap()).or_default().push((day, Money::parse(dollars).unwrap()));
    }
    purchases
}

/// The tenth of the cohort that the papers use.
fn sample() -> Purchases {
    let ids: BTreeSet<u32> =
        data("cdnow-sample-ids.txt.zst").lines().map(|line| line.parse().unwrap()).collect();
    cdnow().into_iter().filter(|(customer, _)| ids.contains(customer)).collect()
}

fn cohort(purchases: &Purchases) -> Cohort {
    purchases.values().filter_map(|of_one| History::of(of_one.iter().copied(), END)).collect()
}

/// Days with a purchase after the end, and what was paid on them.
fn later(purchases: &Purchases) -> (Decimal, Money) {
    let mut days = 0_u64;
    let mut value = Money::ZERO;
    for of_one in purchases.values() {
        let after = || of_one.iter().filter(|(day, _)| (END + 1..=LATER).contains(day));
        days += u64::try_from(after().map(|(day, _)| day).collect::<BTreeSet<_>>().len()).unwrap();
        value += after().map(|(_, value)| *value).sum();
    }
    (Decimal::whole(days), value)
}

#[test]
fn cdnow_gives_the_published_bg_nbd() {
    let cohort = cohort(&sample());
    let start = std::time::Instant::now();
    let fit = BgNbd::fit(&cohort).unwrap();
    println!("{fit:?} in {:?}", start.elapsed());
    let rounded = fit.parameters().map(|parameter| format!("{parameter:.3}"));
    assert_eq!(rounded, ["0.243", "4.414", "0.793", "2.426"]);
    assert_eq!(format!("{:.1}", fit.log_likelihood), "-9582.4");
    assert_eq!(fit.customers, 2_357);
}

#[test]
fn cdnow_gives_the_published_gamma_gamma() {
    let cohort = cohort(&sample());
    let start = std::time::Instant::now();
    let fit = GammaGamma::fit(&cohort).unwrap();
    println!("{fit:?} in {:?}", start.elapsed());
    let rounded = fit.parameters().map(|parameter| format!("{parameter:.2}"));
    assert_eq!(rounded, ["6.25", "3.74", "15.44"]);
    assert_eq!(format!("{:.2}", fit.log_likelihood), "-4055.92");
    assert_eq!(fit.customers, 946);
}

#[test]
fn cdnow_bought_a_seventh_more_than_the_models_expected_and_more_than_their_interval() {
    let sample = sample();
    let cohort = cohort(&sample);
    let outlook = Outlook::fit(&cohort).unwrap();
    let start = std::time::Instant::now();
    let forecast = outlook.of_group(&cohort, 273).unwrap();
    println!("{forecast:?} in {:?}", start.elapsed());
    let rounded = |number: Decimal| number.millionths() / Decimal::SCALE;
    assert_eq!((rounded(forecast.purchases), rounded(forecast.value)), (1_653, 59_931));
    let (days, value) = later(&sample);
    assert_eq!((days, value), (Decimal::whole(1_882), Money::parse("70976.39").unwrap()));
    assert!(forecast.purchases_interval.high < days);
    assert!(forecast.value_interval.unwrap().high < value);
}

#[test]
fn a_group_is_expected_to_do_what_its_customers_are() {
    let cohort = cohort(&sample());
    let outlook = Outlook::fit(&cohort).unwrap();
    let forecast = outlook.of_group(&cohort, 273).unwrap();
    let (mut purchases, mut value) = (Decimal::ZERO, Money::ZERO);
    for (history, customers) in cohort.iter() {
        let expected = outlook.of_customer(history, 273).unwrap();
        for _ in 0..customers {
            purchases += expected.purchases;
            value += expected.value;
        }
    }
    let apart = |left: Decimal, right: Decimal| (left - right).millionths().unsigned_abs();
    // Each customer is off by half a millionth at most.
    assert!(apart(forecast.purchases, purchases) <= 1_179);
    assert!(apart(forecast.value, value) <= 1_179);
}

#[test]
fn twice_the_customers_give_the_same_model_with_narrower_ends() {
    let single = cohort(&sample());
    let mut twice = Cohort::default();
    single.iter().for_each(|(history, customers)| twice.add(history, 2 * customers));
    let [one, two] = [&single, &twice].map(|cohort| Outlook::fit(cohort).unwrap());
    for (one, two) in one.purchases.parameters().into_iter().zip(two.purchases.parameters()) {
        assert!((one / two - 1.0).abs() < 1e-4, "{one} {two}");
    }
    assert!((two.purchases.log_likelihood / one.purchases.log_likelihood - 2.0).abs() < 1e-9);
    let width = |outlook: &Outlook| {
        let interval = outlook.of_group(&single, 273).unwrap().value_interval.unwrap();
        interval.high - interval.low
    };
    assert!(width(&two) < width(&one));
}

#[test]
fn too_little_to_learn_from_is_refused_with_a_sentence() {
    let group = |customers: u64, repeaters: u64, days: u32, value: u32| {
        let mut cohort = Cohort::default();
        cohort.add(History::new(0, 0, days, Money::ZERO).unwrap(), customers - repeaters);
        cohort.add(History::new(1, 30, days, Money::whole(value)).unwrap(), repeaters);
        Outlook::fit(&cohort).unwrap_err()
    };
    for (refusal, sentence) in [
        (group(199, 60, 90, 9), "a model needs 200 customers and there are 199"),
        (
            group(200, 49, 90, 9),
            "a model needs 50 customers who bought on more than one day and there are 49",
        ),
        (group(200, 50, 83, 9), "a model needs purchases over 84 days and the first was 83 days ago"),
    ] {
        assert_eq!(refusal.to_string(), sentence);
    }
    // Everyone alike: the likelihood rises without end, and no parameters come of it.
    assert_eq!(group(400, 100, 90, 9), Refusal::NoMaximum { model: "BG/NBD" });
    let mut unpaid = Cohort::default();
    unpaid.add(History::new(1, 30, 90, Money::ZERO).unwrap(), 300);
    assert_eq!(GammaGamma::fit(&unpaid), Err(Refusal::FewPayers { payers: 0 }));
    let mut alike = Cohort::default();
    alike.add(History::new(2, 30, 90, Money::whole(10)).unwrap(), 300);
    assert_eq!(GammaGamma::fit(&alike), Err(Refusal::NoMaximum { model: "gamma-gamma" }));
}

#[test]
fn a_horizon_is_a_day_to_ten_years() {
    let outlook = made_up(&mut Dice(1), 600).0;
    let newcomer = History::new(0, 0, 0, Money::ZERO).unwrap();
    for days in [0, MAX_HORIZON_DAYS + 1] {
        assert_eq!(outlook.of_customer(newcomer, days), Err(Refusal::Horizon { days }));
    }
    for days in [1, MAX_HORIZON_DAYS] {
        assert!(outlook.of_customer(newcomer, days).is_ok());
    }
}

/// Dice that fall the same way on every run: splitmix64.
struct Dice(u64);

impl Dice {
    /// From 0 to 1, both excluded.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap();
        (f64::from(high) + 0.5) / 2_f64.powi(32)
    }

    fn exponential(&mut self, rate: f64) -> f64 {
        -self.uniform().ln() / rate
    }

    /// Marsaglia and Tsang (2000).
    fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0, rate) * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let normal = (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos();
            let v = (1.0 + normal / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * normal * normal + d - d * v + d * v.ln() {
                return d * v / rate;
            }
        }
    }
}

/// The parameters of the made-up customers: r, alpha, a, b, and p, q, gamma.
const TRUTH: ([f64; 4], [f64; 3]) = ([0.6, 5.0, 0.8, 2.5], [4.0, 4.0, 30.0]);
/// Their past and their future in days.
const PAST: i64 = 280;
const FUTURE: i64 = 182;

/// The purchases of a made-up customer who first bought on day 0 of a past of `past` days.
fn life(dice: &mut Dice, past: i64) -> Vec<(i64, Money)> {
    let ([r, alpha, going, staying], [p, q, gamma]) = TRUTH;
    let rate = dice.gamma(r, alpha);
    let (go, stay) = (dice.gamma(going, 1.0), dice.gamma(staying, 1.0));
    let scale = dice.gamma(q, gamma);
    let (mut purchases, mut time) = (Vec::new(), 0.0);
    loop {
        let micros = Decimal::from_millionths(format!("{:.0}", dice.gamma(p, scale) * 1e6).parse().unwrap());
        purchases.push((format!("{:.0}", f64::floor(time * 7.0)).parse().unwrap(), micros));
        if purchases.len() > 1 && dice.uniform() < go / (go + stay) {
            return purchases;
        }
        time += dice.exponential(rate);
        if time * 7.0 >= f64::from(u32::try_from(past + FUTURE).unwrap()) {
            return purchases;
        }
    }
}

/// Models of made-up customers, the customers, and what these did next.
fn made_up(dice: &mut Dice, customers: u32) -> (Outlook, Cohort, Decimal, Money) {
    let mut cohort = Cohort::default();
    let (mut bought, mut value) = (0_u64, Money::ZERO);
    for customer in 0..customers {
        let past = PAST - i64::from(customer % 84);
        let purchases = life(dice, past);
        cohort.add(History::of(purchases.iter().copied(), past - 1).unwrap(), 1);
        let after = || purchases.iter().filter(|(day, _)| *day >= past);
        bought += u64::try_from(after().map(|(day, _)| day).collect::<BTreeSet<_>>().len()).unwrap();
        value += after().map(|(_, value)| *value).sum();
    }
    (Outlook::fit(&cohort).unwrap(), cohort, Decimal::whole(bought), value)
}

#[test]
fn about_four_in_five_futures_of_made_up_customers_fall_inside_the_intervals() {
    const FUTURES: u32 = 150;
    let mut dice = Dice(2_005);
    let (mut purchases_inside, mut value_inside) = (0, 0);
    for _ in 0..FUTURES {
        let (outlook, cohort, bought, value) = made_up(&mut dice, 600);
        let days = u32::try_from(FUTURE).unwrap();
        let forecast = outlook.of_group(&cohort, days).unwrap();
        let inside = |interval: Interval, came| u32::from(interval.low <= came && came <= interval.high);
        purchases_inside += inside(forecast.purchases_interval, bought);
        value_inside += inside(forecast.value_interval.unwrap(), value);
    }
    println!("inside: {purchases_inside} and {value_inside} of {FUTURES}");
    // Of 150, 120 are expected, with a standard deviation of 4.9.
    for inside in [purchases_inside, value_inside] {
        assert!((108..=132).contains(&inside), "{inside} of {FUTURES}");
    }
}

#[test]
fn the_moments_are_those_of_simulated_purchases() {
    const LIVES: u32 = 200_000;
    let parameters = TRUTH.0;
    let [r, alpha, a, b] = parameters;
    let moments = bgnbd::purchases_if_alive(&parameters, 3, 140, 364).unwrap();
    let mut dice = Dice(7);
    let (mut mean, mut pairs) = (0.0, 0.0);
    for _ in 0..LIVES {
        let rate = dice.gamma(r + 3.0, alpha + weeks(140));
        let (go, stay) = (dice.gamma(a, 1.0), dice.gamma(b + 3.0, 1.0));
        let (mut time, mut count) = (dice.exponential(rate), 0.0);
        while time < weeks(364) {
            count += 1.0;
            let gone = dice.uniform() < go / (go + stay);
            time = if gone { f64::INFINITY } else { time + dice.exponential(rate) };
        }
        mean += count / f64::from(LIVES);
        pairs += count * (count - 1.0) / f64::from(LIVES);
    }
    println!("{moments:?}, simulated {mean} {pairs}");
    assert!((moments.mean / mean - 1.0).abs() < 0.01);
    assert!((moments.pairs / pairs - 1.0).abs() < 0.02);
}
