//! What a piece of work consumed, in DynamoDB's own units.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::ConsumedCapacity;

use crate::domain::decimal::Decimal;

/// Consumed capacity: DynamoDB bills by these units.
///
/// Unit: thousandths of a unit, kept as integers; a read unit is 4 KB read strongly, a write unit 1 KB written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    read: u64,
    write: u64,
    calls: u64,
}

#[derive(Debug, Default)]
struct Meter {
    read: AtomicU64,
    write: AtomicU64,
    calls: AtomicU64,
}

tokio::task_local! {
    static METER: Arc<Meter>;
}

impl Cost {
    /// Read units.
    pub fn read(self) -> Decimal {
        Decimal::from_millionths(i128::from(self.read) * 1_000)
    }

    /// Write units.
    pub fn write(self) -> Decimal {
        Decimal::from_millionths(i128::from(self.write) * 1_000)
    }

    /// Calls to DynamoDB that were answered.
    pub const fn calls(self) -> u64 {
        self.calls
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "rru={}, wru={}", self.read(), self.write())
    }
}

/// Runs `work` and tells what it consumed. Work that it hands to other tasks is not counted.
pub async fn metered<F: Future>(work: F) -> (F::Output, Cost) {
    let meter = Arc::new(Meter::default());
    let output = METER.scope(Arc::clone(&meter), work).await;
    let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
    (output, Cost { read: load(&meter.read), write: load(&meter.write), calls: load(&meter.calls) })
}

/// The thousandths of a unit in DynamoDB's floating-point figure.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    reason = "the SDK reports units as floats; they are small, positive and multiples of a half"
)]
fn thousandths(units: f64) -> u64 {
    (units * 1_000.0).round() as u64
}

/// Notes what one call consumed.
pub(crate) fn note_read<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
    note(consumed, |meter| &meter.read);
}

/// Notes what one call consumed.
pub(crate) fn note_write<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
    note(consumed, |meter| &meter.write);
}

fn note<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>, side: fn(&Meter) -> &AtomicU64) {
    let units: u64 =
        consumed.into_iter().filter_map(|capacity| capacity.capacity_units).map(thousandths).sum();
    // Work outside of `metered` is nobody's to count.
    let _ = METER.try_with(|meter| {
        side(meter).fetch_add(units, Ordering::Relaxed);
        meter.calls.fetch_add(1, Ordering::Relaxed);
    });
}
