//! The batch: events as a sheet of columns behind the format version.

use std::cmp::Ordering;

use super::columns;
use super::sheet::{Reader, Writer};
use super::texts::{MOST_LETTERS, MOST_ROWS};
use super::undecodable::Undecodable;
use crate::domain::event::{Derived, Event, Prop, Sent};
use crate::domain::journey::Step;
use crate::domain::names::{Country, Label};
use crate::domain::origin::Origin;

/// The format that we write. Older ones stay readable.
const VERSION: u8 = 1;

/// The most bytes of a batch: an item of DynamoDB holds 400 KB with its keys.
pub(crate) const MOST_BYTES: usize = 350_000;

/// The most events of a batch. A POST holds fewer.
const MOST_EVENTS: usize = 8_192;

/// Packs events; they come back sorted by time, then id, then content, whatever their order was.
///
/// What one POST can hold can be unpacked again; more than 8,192 events, or 8 MB of text, could not.
pub fn pack(events: &[Event]) -> Vec<u8> {
    pack_sorted(&sorted(events))
}

/// Packs events into batches of at most `most` bytes each, with the events of each.
///
/// The events are sorted, and halved until each part fits, so that the same events in any order make the same
/// batches. An event that is too large by itself stands alone in a batch that is larger than `most`.
pub(crate) fn pack_below(events: &[Event], most: usize) -> Vec<(Vec<&Event>, Vec<u8>)> {
    let mut batches = Vec::new();
    halve(&sorted(events), most, &mut batches);
    batches
}

fn halve<'a>(events: &[&'a Event], most: usize, batches: &mut Vec<(Vec<&'a Event>, Vec<u8>)>) {
    if events.is_empty() {
        return;
    }
    if events.len() == 1 || is_readable(events) {
        let packed = pack_sorted(events);
        if events.len() == 1 || packed.len() <= most {
            batches.push((events.to_vec(), packed));
            return;
        }
    }
    let (first, second) = events.split_at(events.len() / 2);
    halve(first, most, batches);
    halve(second, most, batches);
}

fn sorted(events: &[Event]) -> Vec<&Event> {
    let mut sorted: Vec<&Event> = events.iter().collect();
    sorted.sort_by(|a, b| by_time(a, b));
    sorted
}

fn by_time(a: &Event, b: &Event) -> Ordering {
    let content = |event: &Event| postcard::to_stdvec(event).unwrap_or_default();
    let (time, id) = (a.sent.at.cmp(&b.sent.at), a.sent.id.cmp(&b.sent.id));
    time.then(id).then_with(|| content(a).cmp(&content(b)))
}

/// Whether a batch of these events stays within what [`unpack`] accepts.
fn is_readable(events: &[&Event]) -> bool {
    let (mut rows, mut letters) = (0, 0);
    for event in events {
        let texts = texts_of(event);
        // No column and no dictionary has more rows than there are texts and props.
        rows += texts.len() + event.sent.props.len();
        letters += texts.iter().map(|text| text.len() + 1).sum::<usize>();
    }
    events.len() <= MOST_EVENTS && rows <= MOST_ROWS && letters <= MOST_LETTERS
}

fn texts_of(event: &Event) -> Vec<&str> {
    let Event { sent, derived } = event;
    let Sent { utm, .. } = sent;
    let Derived { origin, landing_page, path, .. } = derived;
    let labels = [&sent.name, &sent.order, &sent.partner, &sent.offer, &sent.experiment, &sent.variant];
    let utm = [&utm.source, &utm.medium, &utm.campaign, &utm.content, &utm.term];
    let Origin { source, medium, campaign, content, term, referrer, partner, offer, .. } = origin;
    let mut texts: Vec<&str> = vec![
        sent.id.as_str(),
        landing_page,
        source,
        medium,
        campaign,
        content,
        term,
        referrer,
        partner,
        offer,
    ];
    texts.extend(labels.into_iter().chain(utm).flatten().map(Label::as_str));
    texts.extend([&sent.page, &sent.referrer].into_iter().flatten().map(|page| page.0.as_str()));
    texts.extend(sent.click_id.iter().map(|(_, value)| value.as_str()));
    texts.extend(sent.country.iter().map(Country::as_str));
    texts.extend(sent.decision.iter().filter_map(|decision| decision.reason.as_ref()).map(Label::as_str));
    for step in path.iter().flat_map(|path| &path.steps) {
        let Step { source, medium, campaign, partner, offer, referrer, .. } = step;
        texts.extend([source, medium, campaign, partner, offer, referrer].map(String::as_str));
    }
    for (key, value) in &sent.props {
        texts.push(key);
        if let Prop::Text(text) = value {
            texts.push(text);
        }
    }
    texts
}

fn pack_sorted(events: &[&Event]) -> Vec<u8> {
    let mut sheet = Writer::default();
    columns::write(&mut sheet, events);
    sheet.finish(events.len(), vec![VERSION])
}

/// The events of a batch, or why it cannot be read.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Event>, Undecodable> {
    let (version, bytes) = bytes.split_first().ok_or(Undecodable::Truncated)?;
    if *version != VERSION {
        return Err(Undecodable::UnknownVersion(*version));
    }
    let (mut sheet, rows) = Reader::open(bytes)?;
    if rows > MOST_EVENTS {
        return Err(Undecodable::TooLarge);
    }
    let events = columns::read(&mut sheet, rows)?;
    sheet.finish()?;
    Ok(events)
}
