//! The columns of a batch, field by field. What is read stands in the order of what is written.

use std::mem::replace;

use chrono::DateTime;

use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use super::values::{country, flag, label, text, word};
use super::variants::{at, position};
use super::{amounts, arrivals, ids, pages, paths, people, props};
use crate::domain::channel::Channel;
use crate::domain::device::Device;
use crate::domain::event::{Derived, Event, Kind, Page, Sent};
use crate::domain::names::{Country, EventId, Label};
use crate::domain::origin::Origin;

type Labelled = (fn(&Sent) -> &Option<Label>, fn(&mut Sent) -> &mut Option<Label>);

/// The labels that few events have.
const RARE_LABELS: [Labelled; 5] = [
    (|sent| &sent.name, |sent| &mut sent.name),
    (|sent| &sent.partner, |sent| &mut sent.partner),
    (|sent| &sent.offer, |sent| &mut sent.offer),
    (|sent| &sent.experiment, |sent| &mut sent.experiment),
    (|sent| &sent.variant, |sent| &mut sent.variant),
];

/// Writes events, which must be sorted by time, so that the times between them are small.
pub(super) fn write(sheet: &mut Writer, events: &[&Event]) {
    write_times(sheet, events);
    let ids: Vec<_> = events.iter().map(|event| (&event.sent.id, event.sent.at)).collect();
    ids::write(sheet, &ids);
    write_common(sheet, events);
    write_rare(sheet, events);
    paths::write(sheet, events);
}

/// Reads so many events.
pub(super) fn read(sheet: &mut Reader<'_>, rows: usize) -> Result<Vec<Event>, Undecodable> {
    let times = read_times(sheet, rows)?;
    let ids = ids::read(sheet, &times)?;
    let mut events: Vec<Event> = ids.into_iter().zip(times).map(|(id, time)| blank(id, time)).collect();
    read_common(sheet, &mut events)?;
    read_rare(sheet, &mut events)?;
    paths::read(sheet, &mut events)?;
    Ok(events)
}

/// An event of which only the id and the time are known yet.
fn blank(id: EventId, at: i64) -> Event {
    let sent = Sent { at, ..Sent::new(id, Kind::View, DateTime::default()) };
    let derived = Derived {
        origin: Origin::direct(),
        landing_page: String::new(),
        device: Device::Other,
        robot: false,
        visit: false,
        path: None,
    };
    Event { sent, derived }
}

/// Writes the first time, and how long after the one before each event happened.
fn write_times(sheet: &mut Writer, events: &[&Event]) {
    let times = || events.iter().map(|event| event.sent.at);
    let first = times().next().unwrap_or(0);
    let gaps = times().scan(first, |before, at| Some(at.wrapping_sub(replace(before, at)).cast_unsigned()));
    sheet.numbers(&[first.cast_unsigned()]);
    sheet.numbers(&gaps.collect::<Vec<_>>());
}

fn read_times(sheet: &mut Reader<'_>, rows: usize) -> Result<Vec<i64>, Undecodable> {
    let first = sheet.numbers(1)?.first().copied().unwrap_or(0);
    let times = sheet.numbers(rows)?.into_iter().scan(first, |time, gap| {
        *time = time.wrapping_add(gap);
        Some(time.cast_signed())
    });
    Ok(times.collect())
}

fn write_common(sheet: &mut Writer, events: &[&Event]) {
    sheet.each(events, |event| position(event.sent.kind));
    people::write(sheet, &events.iter().map(|event| event.sent.visitor).collect::<Vec<_>>());
    let pages = events.iter().map(|event| event.sent.page.as_ref().map(address));
    pages::write(sheet, &pages.collect::<Vec<_>>());
    let referrers = events.iter().map(|event| event.sent.referrer.as_ref().map(address));
    pages::write(sheet, &referrers.collect::<Vec<_>>());
    let landings = events.iter().map(|event| {
        let landing = event.derived.landing_page.as_str();
        (landing != own_page(event)).then_some(landing)
    });
    pages::write(sheet, &landings.collect::<Vec<_>>());
    arrivals::write(sheet, events);
    sheet.each(events, |event| position(event.derived.device));
    sheet.each(events, |event| u64::from(event.derived.visit != is_likely_visit(event)));
    sheet.each(events, |event| u64::from(event.sent.value.is_some()));
    amounts::write(sheet, &events.iter().filter_map(|event| event.sent.value).collect::<Vec<_>>());
    sheet.codes(events.iter().map(|event| event.sent.click_id.as_ref().map(|(_, value)| value.as_str())));
}

fn read_common(sheet: &mut Reader<'_>, events: &mut [Event]) -> Result<(), Undecodable> {
    let rows = events.len();
    set(events, sheet.numbers(rows)?, |event, number| at(number).map(|kind| event.sent.kind = kind))?;
    put(events, people::read(sheet, rows)?, |event, visitor| event.sent.visitor = visitor);
    put(events, pages::read(sheet, rows)?, |event, page| event.sent.page = page.map(Page));
    put(events, pages::read(sheet, rows)?, |event, referrer| event.sent.referrer = referrer.map(Page));
    for (event, landing) in events.iter_mut().zip(pages::read(sheet, rows)?) {
        if landing.is_none() {
            sheet.spend(own_page(event).len())?;
        }
        event.derived.landing_page = landing.unwrap_or_else(|| own_page(event).to_owned());
    }
    let clicks = arrivals::read(sheet, events)?;
    set(events, sheet.numbers(rows)?, |event, number| {
        at(number).map(|device| event.derived.device = device)
    })?;
    set(events, sheet.numbers(rows)?, |event, number| {
        event.derived.visit = flag(number)? != is_likely_visit(event);
        Ok(())
    })?;
    let worth = sheet.numbers(rows)?;
    let mut amounts = amounts::read(sheet, worth.iter().filter(|worth| **worth != 0).count())?.into_iter();
    set(events, worth, |event, number| {
        event.sent.value = if flag(number)? { amounts.next() } else { None };
        Ok(())
    })?;
    for ((event, click), value) in events.iter_mut().zip(clicks).zip(sheet.codes(rows, text)?) {
        event.sent.click_id = match (click, value) {
            (Some(click), Some(value)) => Some((click, value)),
            (None, None) => None,
            _ => return Err(Undecodable::Mismatch("an ad click has no parameter or no value")),
        };
    }
    Ok(())
}

fn write_rare(sheet: &mut Writer, events: &[&Event]) {
    people::write(sheet, &events.iter().map(|event| event.sent.customer).collect::<Vec<_>>());
    sheet.codes(events.iter().map(|event| event.sent.order.as_ref().map(Label::as_str)));
    sheet.names(events.iter().map(|event| event.sent.country.as_ref().map(Country::as_str)));
    sheet.each(events, |event| match event.sent.device {
        None => NO_DEVICE,
        Some(device) if device == event.derived.device => SAME_DEVICE,
        Some(other) => position(other).saturating_add(OTHER_DEVICE),
    });
    sheet.each(events, |event| event.sent.count.wrapping_sub(1).into());
    sheet.each(events, |event| event.derived.robot.into());
    for (label, _) in RARE_LABELS {
        sheet.names(events.iter().map(|event| label(&event.sent).as_ref().map(Label::as_str)));
    }
    sheet.each(events, |event| event.sent.void.into());
    sheet.each(events, |event| event.sent.version.into());
    props::write(sheet, &events.iter().map(|event| &event.sent.props).collect::<Vec<_>>());
}

fn read_rare(sheet: &mut Reader<'_>, events: &mut [Event]) -> Result<(), Undecodable> {
    let rows = events.len();
    put(events, people::read(sheet, rows)?, |event, customer| event.sent.customer = customer);
    put(events, sheet.codes(rows, label)?, |event, order| event.sent.order = order);
    put(events, sheet.names(rows, country)?, |event, country| event.sent.country = country);
    set(events, sheet.numbers(rows)?, |event, number| {
        event.sent.device = match number {
            NO_DEVICE => None,
            SAME_DEVICE => Some(event.derived.device),
            other => Some(at(other - OTHER_DEVICE)?),
        };
        Ok(())
    })?;
    set(events, sheet.numbers(rows)?, |event, number| {
        word(number).map(|count| event.sent.count = count.wrapping_add(1))
    })?;
    set(events, sheet.numbers(rows)?, |event, number| flag(number).map(|robot| event.derived.robot = robot))?;
    for (_, label_mut) in RARE_LABELS {
        put(events, sheet.names(rows, label)?, |event, label| *label_mut(&mut event.sent) = label);
    }
    set(events, sheet.numbers(rows)?, |event, number| flag(number).map(|void| event.sent.void = void))?;
    set(events, sheet.numbers(rows)?, |event, number| {
        word(number).map(|version| event.sent.version = version)
    })?;
    put(events, props::read(sheet, rows)?, |event, props| event.sent.props = props);
    Ok(())
}

/// How the device that the sender named stands beside the one that the event has.
const NO_DEVICE: u64 = 0;
const SAME_DEVICE: u64 = 1;
const OTHER_DEVICE: u64 = 2;

/// What the landing page usually is.
fn own_page(event: &Event) -> &str {
    event.sent.page.as_ref().map_or("", address)
}

fn address(page: &Page) -> &str {
    &page.0
}

/// Whether a view usually begins a visit: it does when its origin is its own, or when it comes from nowhere.
fn is_likely_visit(event: &Event) -> bool {
    let Event { sent, derived } = event;
    let own = derived.origin.channel != Channel::Direct && !derived.origin.inherited;
    sent.kind == Kind::View && (own || sent.referrer.is_none())
}

fn set(
    events: &mut [Event],
    numbers: Vec<u64>,
    mut set: impl FnMut(&mut Event, u64) -> Result<(), Undecodable>,
) -> Result<(), Undecodable> {
    events.iter_mut().zip(numbers).try_for_each(|(event, number)| set(event, number))
}

fn put<T>(events: &mut [Event], values: Vec<T>, put: impl Fn(&mut Event, T)) {
    events.iter_mut().zip(values).for_each(|(event, value)| put(event, value));
}
