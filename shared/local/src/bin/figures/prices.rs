//! What units cost: AWS's list prices of a region and a day, from `shared/local/data/prices.csv`.

use super::bench::Failure;
use super::rates::AllIncluded;

const PRICES: &str = include_str!("../../../data/prices.csv");

/// Dollars for one of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prices {
    write: f64,
    read: f64,
    api_request: f64,
    run: f64,
    gigabyte_second: f64,
}

/// What a run is assumed to take, in gigabyte seconds: nobody can measure Lambda's time elsewhere than there.
const COLLECT: f64 = 0.010 * 0.25;
const AGGREGATE: f64 = 0.050 * 0.5;

impl Prices {
    /// Reads the table of prices.
    #[expect(clippy::float_arithmetic, reason = "figures for people, not for reports")]
    pub(crate) fn listed() -> Result<Self, Failure> {
        let price = |name: &str| -> Result<f64, Failure> {
            let row = PRICES.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(','));
            let mut fields = row.ok_or_else(|| format!("no price of {name}"))?.split(',');
            let mut number = || fields.next().unwrap_or_default().parse::<f64>();
            Ok(number()? / number()?)
        };
        Ok(Self {
            write: price("write unit")?,
            read: price("read unit")?,
            api_request: price("HTTP API request")?,
            run: price("Lambda request")?,
            gigabyte_second: price("Lambda GB-second arm64")?,
        })
    }

    /// Dollars for a million events in POSTs of `size`: DynamoDB, the API, and Lambda.
    #[expect(clippy::float_arithmetic, reason = "figures for people, not for reports")]
    pub(crate) fn of_a_million(&self, event: AllIncluded, size: u32) -> [f64; 3] {
        let million = 1_000_000.0;
        let posts = million / f64::from(size);
        [
            million * (event.write * self.write + event.read * self.read),
            posts * self.api_request,
            posts * (self.run + COLLECT * self.gigabyte_second)
                + million * event.runs * (self.run + AGGREGATE * self.gigabyte_second),
        ]
    }
}
