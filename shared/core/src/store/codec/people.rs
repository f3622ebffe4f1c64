//! Visitors and customers: a hash stands plain where it first occurs, and after that as a reference back to
//! it.

use std::collections::HashMap;

use super::cursor::number;
use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use crate::domain::event::PersonHash;

const NOBODY: u64 = 0;
const NEW: u64 = 1;

/// Writes a column of people: 0 for none, 1 for a new one, else 2 and how many new ones came after this one.
pub(super) fn write(sheet: &mut Writer, people: &[Option<PersonHash>]) {
    let mut places = HashMap::new();
    let mut column = Vec::new();
    for person in people {
        let newest = places.len();
        column.push(match person {
            None => NOBODY,
            Some(person) => {
                let place = *places.entry(*person).or_insert(newest);
                if place == newest {
                    sheet.random(&person.0.to_be_bytes());
                }
                number(newest - place) + 1
            }
        });
    }
    sheet.numbers(&column);
}

/// Reads as many people.
pub(super) fn read(sheet: &mut Reader<'_>, rows: usize) -> Result<Vec<Option<PersonHash>>, Undecodable> {
    const UNKNOWN: Undecodable = Undecodable::Mismatch("a person is not among those before");
    let mut met: Vec<PersonHash> = Vec::new();
    let mut people = Vec::with_capacity(rows);
    for number in sheet.numbers(rows)? {
        people.push(match number {
            NOBODY => None,
            NEW => {
                let person = PersonHash(u64::from_be_bytes(sheet.random()?));
                met.push(person);
                Some(person)
            }
            older => {
                let back = usize::try_from(older - 2).map_err(|_| UNKNOWN)?;
                Some(*met.iter().nth_back(back).ok_or(UNKNOWN)?)
            }
        });
    }
    Ok(people)
}
