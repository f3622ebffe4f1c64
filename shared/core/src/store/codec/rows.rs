//! The rows of one view as a sheet: a column for each dimension, each count and each sum.

use super::amounts;
use super::cursor::number;
use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use crate::domain::counts::Counts;
use crate::domain::decimal::Money;
use crate::domain::rollup::{Row, Rows};

/// The format that we write, behind those of envelopes, which rollups had before.
pub(crate) const ROWS_VERSION: u8 = 4;

/// What rows are called everywhere: channels, devices, kinds of events, and what has no name.
///
/// Part of format 4 and frozen with it, as channels to come are not: with one word moved, no stored row would be read
/// right.
const USUAL: [&str; 43] = [
    "",
    "(other)",
    "direct",
    "organic_search",
    "paid_search",
    "organic_social",
    "paid_social",
    "email",
    "referral",
    "affiliate",
    "display",
    "retargeting",
    "native",
    "influencer",
    "content",
    "organic_video",
    "paid_video",
    "organic_shopping",
    "paid_shopping",
    "cross_network",
    "sms",
    "push",
    "audio",
    "ai_assistant",
    "paid_other",
    "unassigned",
    "desktop",
    "mobile",
    "tablet",
    "other",
    "tv",
    "console",
    "wearable",
    "impression",
    "view",
    "engagement",
    "click",
    "lead",
    "signup",
    "subscription",
    "sale",
    "refund",
    "spend",
];

/// The most dimensions and rows of a view that we read; views have fewer.
const MOST_DIMENSIONS: usize = 8;
const MOST_ROWS: usize = 1 << 16;

type Count = (fn(&Counts) -> u64, fn(&mut Counts) -> &mut u64);
type Sum = (fn(&Counts) -> Money, fn(&mut Counts) -> &mut Money);

macro_rules! places {
    ($($name:ident),*) => { [$((|counts| counts.$name, |counts| &mut counts.$name)),*] };
}

/// The counts in the order of their columns; those that most views have come first, where they are cheapest.
const COUNTS: [Count; 13] = places![
    impressions,
    clicks,
    views,
    visits,
    invalid,
    sales,
    leads,
    engagements,
    signups,
    subscriptions,
    refunds,
    pending,
    rejected
];

/// The sums in the order of their columns.
const SUMS: [Sum; 4] = places![spend, sales_value, refunded, subscriptions_value];

/// Packs the rows of one view, each of which has a value for every dimension.
pub(crate) fn pack_rows(rows: &Rows) -> Vec<u8> {
    let mut sheet = Writer::default();
    let each: Vec<(&[String], &Row)> = rows.iter().collect();
    let dimensions = each.first().map_or(0, |(values, _)| values.len());
    sheet.numbers(&[number(dimensions)]);
    sheet.each(&each, |(_, row)| row.trusted.into());
    for dimension in 0..dimensions {
        let values = each.iter().map(|(values, _)| values.get(dimension).map_or("", String::as_str));
        sheet.words(&USUAL, values);
    }
    for (count, _) in COUNTS {
        sheet.each(&each, |(_, row)| count(&row.counts));
    }
    for (sum, _) in SUMS {
        let sums = || each.iter().map(|(_, row)| sum(&row.counts));
        sheet.numbers(&sums().map(|sum| u64::from(sum != Money::ZERO)).collect::<Vec<_>>());
        amounts::write(&mut sheet, &sums().filter(|sum| *sum != Money::ZERO).collect::<Vec<_>>());
    }
    sheet.numbers(&[rows.folded()]);
    sheet.finish(each.len(), vec![ROWS_VERSION])
}

/// The rows that [`pack_rows`] packed, or why they cannot be read.
pub(crate) fn unpack_rows(bytes: &[u8]) -> Result<Rows, Undecodable> {
    let (version, bytes) = bytes.split_first().ok_or(Undecodable::Truncated)?;
    if *version != ROWS_VERSION {
        return Err(Undecodable::UnknownVersion(*version));
    }
    let (mut sheet, length) = Reader::open(bytes)?;
    let dimensions = usize::try_from(sheet.number()?).map_err(|_| Undecodable::TooLarge)?;
    if length > MOST_ROWS || dimensions > MOST_DIMENSIONS {
        return Err(Undecodable::TooLarge);
    }
    let row = |trusted| (Vec::new(), Row { trusted: trusted != 0, ..Row::default() });
    let mut rows: Vec<(Vec<String>, Row)> = sheet.numbers(length)?.into_iter().map(row).collect();
    for _ in 0..dimensions {
        for ((values, _), value) in rows.iter_mut().zip(sheet.words(length, &USUAL)?) {
            values.push(value);
        }
    }
    for (_, count) in COUNTS {
        for ((_, row), number) in rows.iter_mut().zip(sheet.numbers(length)?) {
            *count(&mut row.counts) = number;
        }
    }
    for (_, sum) in SUMS {
        let worth = sheet.numbers(length)?;
        let mut sums =
            amounts::read(&mut sheet, worth.iter().filter(|worth| **worth != 0).count())?.into_iter();
        for ((_, row), _) in rows.iter_mut().zip(worth).filter(|(_, worth)| *worth != 0) {
            *sum(&mut row.counts) = sums.next().unwrap_or_default();
        }
    }
    let folded = sheet.number()?;
    sheet.finish()?;
    Rows::restored(rows, folded).ok_or(Undecodable::Mismatch("two rows have the same values"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::super::samples::Dice;
    use super::super::seal_envelope;
    use super::*;
    use crate::domain::channel::Channel;
    use crate::domain::device::Device;
    use crate::domain::event::Kind;

    /// Rows with everything in them that a row can have.
    fn every() -> Rows {
        let mut rows = Rows::default();
        for (place, name) in (1_u32..).zip(["", "(other)", "email", "a campaign", "sale", "=\u{1f}\u{1e}ü"])
        {
            let mut counts = Counts::default();
            for (step, (_, count)) in (0_u32..).zip(COUNTS) {
                *count(&mut counts) = u64::from(place) << (step * 4);
            }
            for (step, (_, sum)) in (0_u32..).zip(SUMS) {
                *sum(&mut counts) = Money::from_millionths((i128::from(place) - 3) * 10_i128.pow(step * 7));
            }
            rows.add(vec![name.to_owned(), format!("spring-{place}")], &counts, place % 2 == 0);
        }
        rows
    }

    #[test]
    fn every_figure_of_a_row_has_a_column() {
        let mut counts = Counts::default();
        for (_, count) in COUNTS {
            *count(&mut counts) = 7;
        }
        for (_, sum) in SUMS {
            *sum(&mut counts) = Money::from_millionths(7);
        }
        assert!(counts.figures().iter().all(|(_, figure)| figure.millionths() != 0), "{counts:?}");
    }

    #[test]
    fn rows_of_everything_are_read_back_and_every_cut_is_refused() {
        for mut rows in [Rows::default(), every()] {
            for _ in 0..2 {
                let bytes = pack_rows(&rows);
                assert_eq!(unpack_rows(&bytes), Ok(rows.clone()));
                for end in 0..bytes.len() {
                    assert!(unpack_rows(&bytes[..end]).is_err(), "{end} of {} bytes", bytes.len());
                }
                assert_eq!(unpack_rows(&[bytes.as_slice(), &[0]].concat()), Err(Undecodable::Trailing));
                rows.cap(3, 1_000);
            }
        }
    }

    /// Written by the first release that knew format 4. It is never written again.
    const ROWS_V4: &[u8] = include_bytes!("../../../data/fixtures/rows-v4.bin");

    #[test]
    fn stored_rows_of_format_4_stay_readable() {
        assert_eq!(unpack_rows(ROWS_V4), Ok(every()));
    }

    #[test]
    fn the_words_of_format_4_never_change_and_name_what_there_is() {
        let digest = Sha256::digest(USUAL.join(" "));
        assert_eq!(digest[..8], 0xbaaf_bf55_bd02_819a_u64.to_be_bytes());
        let channels = Channel::ALL.map(Channel::as_str);
        let names =
            channels.into_iter().chain(Device::ALL.map(Device::as_str)).chain(Kind::ALL.map(Kind::as_str));
        assert!(names.into_iter().all(|name| USUAL.contains(&name)));
    }

    #[test]
    fn a_day_of_five_channels_takes_little_more_than_its_figures() {
        let mut dice = Dice(1);
        let mut rows = Rows::default();
        for channel in &Channel::ALL[1..6] {
            let clicks = 500 + dice.below(5_000);
            let cents = |number: u64| Money::from_millionths(i128::from(number) * 10_000);
            let counts = Counts {
                impressions: clicks * 30 + dice.below(500),
                clicks,
                sales: clicks / 40,
                sales_value: cents(clicks * 125 + dice.below(100)),
                spend: cents(clicks * 40 + dice.below(100)),
                ..Counts::default()
            };
            rows.add(vec![channel.as_str().to_owned()], &counts, true);
        }
        let (sheet, envelope) = (pack_rows(&rows).len(), seal_envelope(3, &rows).len());
        println!("five channels: {sheet} bytes, {envelope} before");
        assert!(sheet <= 90, "{sheet} bytes");
    }

    proptest! {
        #[test]
        fn any_bytes_are_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(rows) = unpack_rows(&bytes) {
                prop_assert_eq!(unpack_rows(&pack_rows(&rows)), Ok(rows));
            }
        }

        #[test]
        fn any_rows_are_read_back(
            rows in prop::collection::btree_map(
                prop_oneof![Just("direct".to_owned()), "[a-z ü=#]{0,40}"], (any::<[u64; 3]>(), any::<[i128; 2]>(), any::<bool>(), 0_u32..64), 0..120,
            ),
        ) {
            let mut all = Rows::default();
            for (value, ([impressions, clicks, sales], [spend, value_of_sales], trusted, shift)) in rows {
                let counts = Counts {
                    impressions: impressions >> shift,
                    clicks: clicks >> shift,
                    sales: sales >> shift,
                    spend: Money::from_millionths(spend >> (2 * shift)),
                    sales_value: Money::from_millionths(value_of_sales >> (2 * shift)),
                    ..Counts::default()
                };
                all.add(vec![value], &counts, trusted);
            }
            prop_assert_eq!(unpack_rows(&pack_rows(&all)), Ok(all));
        }
    }
}
