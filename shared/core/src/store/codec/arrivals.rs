//! Arrivals: what a campaign or a referrer makes many events have in common, kept once.

use std::collections::HashMap;

use super::cursor::number;
use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use super::values::{byte, flag, label, text, word};
use super::variants::{at, at_optional, optional, position};
use crate::domain::channel::{Channel, ClickId};
use crate::domain::event::{Derived, Event, Page, Utm};
use crate::domain::names::Label;
use crate::domain::origin::Origin;

/// What events have in common when they are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shared<'a> {
    utm: &'a Utm,
    click: Option<ClickId>,
    named: Option<Channel>,
    channel: Channel,
    rule: u8,
    rules_version: u32,
    inherited: bool,
    /// The origin's five texts, each unless it is the UTM parameter's, or empty without one.
    texts: [Option<&'a str>; 5],
    /// The origin's referrer, unless it is the host of the event's own, or empty without one.
    referrer: Option<&'a str>,
}

/// What events have in common when they are read.
#[derive(Clone, Debug)]
struct Arrival {
    utm: Utm,
    click: Option<ClickId>,
    named: Option<Channel>,
    /// Without its referrer, which stands beside it.
    origin: Origin,
    /// The origin's referrer, unless it is the host of the event's own, or empty without one.
    referrer: Option<String>,
}

impl<'a> Shared<'a> {
    fn of(event: &'a Event) -> Self {
        let Event { sent, derived: Derived { origin, .. } } = event;
        let Origin { channel, rule, rules_version, inherited, .. } = *origin;
        let texts = PARAMETERS.map(|parameter| {
            let text = (parameter.text)(origin).as_str();
            (text != usual(parameter, &sent.utm)).then_some(text)
        });
        let referrer = origin.referrer.as_str();
        let referrer = (referrer != host(sent.referrer.as_ref())).then_some(referrer);
        let click = sent.click_id.as_ref().map(|(parameter, _)| *parameter);
        Self {
            utm: &sent.utm,
            click,
            named: sent.channel,
            channel,
            rule,
            rules_version,
            inherited,
            texts,
            referrer,
        }
    }
}

impl Arrival {
    /// Bytes of text in a copy for an event with a referrer of this host.
    fn size(&self, host: &str) -> usize {
        let texts = PARAMETERS
            .iter()
            .map(|parameter| usual(*parameter, &self.utm).len() + (parameter.text)(&self.origin).len());
        texts.sum::<usize>() + self.referrer.as_deref().unwrap_or(host).len()
    }
}

fn host(page: Option<&Page>) -> &str {
    page.map_or("", Page::host)
}

/// What the origin's text usually is.
fn usual(parameter: Parameter, utm: &Utm) -> &str {
    (parameter.label)(utm).as_ref().map_or("", Label::as_str)
}

/// One of the five UTM parameters, and the origin's text that is usually the same.
#[derive(Clone, Copy)]
struct Parameter {
    label: fn(&Utm) -> &Option<Label>,
    label_mut: fn(&mut Utm) -> &mut Option<Label>,
    text: fn(&Origin) -> &String,
    text_mut: fn(&mut Origin) -> &mut String,
}

macro_rules! parameters {
    ($($name:ident),*) => {
        [$(Parameter {
            label: |utm| &utm.$name,
            label_mut: |utm| &mut utm.$name,
            text: |origin| &origin.$name,
            text_mut: |origin| &mut origin.$name,
        }),*]
    };
}

const PARAMETERS: [Parameter; 5] = parameters!(source, medium, campaign, content, term);

/// Writes each event's arrival as a reference, and the distinct arrivals column by column.
pub(super) fn write(sheet: &mut Writer, events: &[&Event]) {
    let (mut places, mut distinct, mut references) = (HashMap::new(), Vec::new(), Vec::new());
    for event in events {
        let shared = Shared::of(event);
        let newest = distinct.len();
        let place = *places.entry(shared).or_insert(newest);
        if place == newest {
            distinct.push(shared);
        }
        references.push(number(newest - place));
    }
    sheet.numbers(&references);
    sheet.each(&distinct, |shared| optional(shared.click));
    sheet.each(&distinct, |shared| optional(shared.named));
    sheet.each(&distinct, |shared| position(shared.channel));
    sheet.each(&distinct, |shared| shared.rule.into());
    sheet.each(&distinct, |shared| shared.rules_version.into());
    sheet.each(&distinct, |shared| shared.inherited.into());
    for parameter in PARAMETERS {
        sheet.names(distinct.iter().map(|shared| (parameter.label)(shared.utm).as_ref().map(Label::as_str)));
    }
    for place in 0..PARAMETERS.len() {
        sheet.names(distinct.iter().map(|shared| shared.texts.get(place).copied().flatten()));
    }
    sheet.names(distinct.iter().map(|shared| shared.referrer));
}

/// Reads the arrivals of `events`, whose referrers are known, into them. Returns the ad click parameters.
pub(super) fn read(
    sheet: &mut Reader<'_>,
    events: &mut [Event],
) -> Result<Vec<Option<ClickId>>, Undecodable> {
    const UNKNOWN: Undecodable = Undecodable::Mismatch("an arrival is not among those before");
    let references = sheet.numbers(events.len())?;
    let distinct = references.iter().filter(|reference| **reference == 0).count();
    let arrivals = read_distinct(sheet, distinct)?;
    let mut known = 0_usize;
    let mut clicks = Vec::with_capacity(events.len());
    for (event, reference) in events.iter_mut().zip(references) {
        known += usize::from(reference == 0);
        let back = usize::try_from(reference.max(1)).map_err(|_| UNKNOWN)?;
        let arrival = known.checked_sub(back).and_then(|place| arrivals.get(place)).ok_or(UNKNOWN)?;
        let host = host(event.sent.referrer.as_ref());
        sheet.spend(arrival.size(host))?;
        let Arrival { utm, click, named, origin, referrer } = arrival.clone();
        let referrer = referrer.unwrap_or_else(|| host.to_owned());
        event.sent.utm = utm;
        event.sent.channel = named;
        event.derived.origin = Origin { referrer, ..origin };
        clicks.push(click);
    }
    Ok(clicks)
}

fn read_distinct(sheet: &mut Reader<'_>, count: usize) -> Result<Vec<Arrival>, Undecodable> {
    let blank = Arrival {
        utm: Utm::default(),
        click: None,
        named: None,
        origin: Origin { rule: 0, rules_version: 0, ..Origin::direct() },
        referrer: None,
    };
    let mut arrivals = vec![blank; count];
    let mut column = |set: fn(&mut Arrival, u64) -> Result<(), Undecodable>| {
        let numbers = sheet.numbers(count)?;
        arrivals.iter_mut().zip(numbers).try_for_each(|(arrival, number)| set(arrival, number))
    };
    column(|arrival, number| at_optional(number).map(|click| arrival.click = click))?;
    column(|arrival, number| at_optional(number).map(|named| arrival.named = named))?;
    column(|arrival, number| at(number).map(|channel| arrival.origin.channel = channel))?;
    column(|arrival, number| byte(number).map(|rule| arrival.origin.rule = rule))?;
    column(|arrival, number| word(number).map(|version| arrival.origin.rules_version = version))?;
    column(|arrival, number| flag(number).map(|inherited| arrival.origin.inherited = inherited))?;
    for parameter in PARAMETERS {
        let labels = sheet.names(count, label)?;
        arrivals.iter_mut().zip(labels).for_each(|(arrival, label)| {
            *(parameter.label_mut)(&mut arrival.utm) = label;
        });
    }
    for parameter in PARAMETERS {
        let texts = sheet.names(count, text)?;
        arrivals.iter_mut().zip(texts).for_each(|(arrival, text)| {
            let text = text.unwrap_or_else(|| usual(parameter, &arrival.utm).to_owned());
            *(parameter.text_mut)(&mut arrival.origin) = text;
        });
    }
    let referrers = sheet.names(count, text)?;
    arrivals.iter_mut().zip(referrers).for_each(|(arrival, referrer)| arrival.referrer = referrer);
    Ok(arrivals)
}
