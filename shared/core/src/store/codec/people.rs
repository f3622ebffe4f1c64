//! Visitors and customers: a hash stands plain where it first occurs, and after that as a reference back to it.

use std::collections::HashMap;

use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use crate::domain::event::PersonHash;

const NOBODY: u64 = 0;
const NEW: u64 = 1;
const KNOWN: u64 = 2;

/// Writes two columns: whether each person is known, and how many new ones lie between a known one and now.
pub(super) fn write(sheet: &mut Writer, people: &[Option<PersonHash>]) {
    let mut places = HashMap::new();
    let (mut states, mut distances) = (Vec::new(), Vec::new());
    for person in people {
        let newest = u64::try_from(places.len()).unwrap_or(u64::MAX);
        states.push(match person {
            None => NOBODY,
            Some(person) => match places.get(person) {
                Some(place) => {
                    distances.push(newest - place - 1);
                    KNOWN
                }
                None => {
                    places.insert(*person, newest);
                    sheet.random(&person.0.to_be_bytes());
                    NEW
                }
            },
        });
    }
    sheet.numbers(&states);
    sheet.numbers(&distances);
}

/// Reads as many people.
pub(super) fn read(sheet: &mut Reader<'_>, rows: usize) -> Result<Vec<Option<PersonHash>>, Undecodable> {
    const UNKNOWN: Undecodable = Undecodable::Mismatch("a person is not among those before");
    let states = sheet.numbers(rows)?;
    let known = states.iter().filter(|state| **state == KNOWN).count();
    let mut distances = sheet.numbers(known)?.into_iter();
    let mut met: Vec<PersonHash> = Vec::new();
    let mut people = Vec::with_capacity(rows);
    for state in states {
        people.push(match state {
            NOBODY => None,
            NEW => {
                let person = PersonHash(u64::from_be_bytes(sheet.random()?));
                met.push(person);
                Some(person)
            }
            KNOWN => {
                let distance = distances.next().and_then(|distance| usize::try_from(distance).ok());
                Some(*distance.and_then(|distance| met.iter().nth_back(distance)).ok_or(UNKNOWN)?)
            }
            _ => return Err(UNKNOWN),
        });
    }
    Ok(people)
}
