//! The `props` of events: a column of how many, then their keys, kinds and values.

use std::collections::BTreeMap;

use super::amounts;
use super::cursor::number;
use super::sheet::{Reader, Writer};
use super::texts::MOST_ROWS;
use super::undecodable::Undecodable;
use super::values::text;
use crate::domain::event::Prop;

const TEXT: u64 = 0;
const NUMBER: u64 = 1;
const NO: u64 = 2;
const YES: u64 = 3;

/// Writes the props of each event.
pub(super) fn write(sheet: &mut Writer, props: &[&BTreeMap<String, Prop>]) {
    let counts = props.iter().map(|props| number(props.len()));
    sheet.numbers(&counts.collect::<Vec<_>>());
    let all = || props.iter().flat_map(|props| props.iter());
    sheet.names(all().map(|(key, _)| Some(key.as_str())));
    let kinds = all().map(|(_, value)| match value {
        Prop::Text(_) => TEXT,
        Prop::Number(_) => NUMBER,
        Prop::Flag(false) => NO,
        Prop::Flag(true) => YES,
    });
    sheet.numbers(&kinds.collect::<Vec<_>>());
    sheet.names(all().filter_map(|(_, value)| match value {
        Prop::Text(text) => Some(Some(text.as_str())),
        _ => None,
    }));
    let numbers = all().filter_map(|(_, value)| match value {
        Prop::Number(number) => Some(*number),
        _ => None,
    });
    amounts::write(sheet, &numbers.collect::<Vec<_>>());
}

/// Reads the props of as many events.
pub(super) fn read(
    sheet: &mut Reader<'_>,
    events: usize,
) -> Result<Vec<BTreeMap<String, Prop>>, Undecodable> {
    const MISSING: Undecodable = Undecodable::Mismatch("a prop has no key or no value");
    let counts = sheet.numbers(events)?;
    let total = counts.iter().fold(0_u64, |total, count| total.saturating_add(*count));
    let total =
        usize::try_from(total).ok().filter(|total| *total <= MOST_ROWS).ok_or(Undecodable::TooLarge)?;
    let mut keys = sheet.names(total, text)?.into_iter();
    let kinds = sheet.numbers(total)?;
    let count = |wanted: u64| kinds.iter().filter(|kind| **kind == wanted).count();
    let (texts, numbers) = (count(TEXT), count(NUMBER));
    let mut texts = sheet.names(texts, text)?.into_iter();
    let mut numbers = amounts::read(sheet, numbers)?.into_iter();
    let mut kinds = kinds.into_iter();
    let mut prop = || {
        let key = keys.next().flatten().ok_or(MISSING)?;
        let value = match kinds.next().ok_or(MISSING)? {
            TEXT => Prop::Text(texts.next().flatten().ok_or(MISSING)?),
            NUMBER => Prop::Number(numbers.next().ok_or(MISSING)?),
            NO => Prop::Flag(false),
            YES => Prop::Flag(true),
            _ => return Err(MISSING),
        };
        Ok((key, value))
    };
    counts.into_iter().map(|count| (0..count).map(|_| prop()).collect()).collect()
}
