//! Arrivals: what a campaign or a referrer makes many events have in common, kept once.

use std::collections::HashMap;

use super::cursor::number;
use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use super::values::{byte, flag, label, text};
use super::variants::{at, at_optional, optional, position};
use crate::domain::channel::{Channel, ClickId};
use crate::domain::event::{Event, Page, Utm};
use crate::domain::names::Label;
use crate::domain::origin::Origin;

/// The origin of an event as its sender and we see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Arrival {
    utm: Utm,
    click: Option<ClickId>,
    channel: Option<Channel>,
    /// Without its referrer, which stands beside it.
    origin: Origin,
    /// The origin's referrer, unless it is the host of the event's own, or empty without one.
    referrer: Option<String>,
}

fn host(page: Option<&Page>) -> &str {
    page.map_or("", Page::host)
}

impl Arrival {
    fn of(event: &Event) -> Self {
        let Event { sent, derived } = event;
        let referrer = &derived.origin.referrer;
        Self {
            utm: sent.utm.clone(),
            click: sent.click_id.as_ref().map(|(parameter, _)| *parameter),
            channel: sent.channel,
            origin: Origin { referrer: String::new(), ..derived.origin.clone() },
            referrer: (referrer != host(sent.referrer.as_ref())).then(|| referrer.clone()),
        }
    }

    /// Bytes of text in a copy.
    fn size(&self) -> usize {
        let texts = PARAMETERS.iter().map(|parameter| {
            let label = (parameter.label)(&self.utm).as_ref().map_or(0, |label| label.as_str().len());
            label + (parameter.text)(&self.origin).len()
        });
        texts.sum::<usize>() + self.referrer.as_ref().map_or(0, String::len)
    }

    /// The origin's text that should equal this UTM parameter.
    fn text_beside(&self, parameter: Parameter) -> Option<&str> {
        let text = (parameter.text)(&self.origin);
        let usual = (parameter.label)(&self.utm).as_ref().map_or("", Label::as_str);
        (text != usual).then_some(text)
    }
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
    let (mut places, mut arrivals, mut references) = (HashMap::new(), Vec::new(), Vec::new());
    for event in events {
        let arrival = Arrival::of(event);
        let newest = arrivals.len();
        let place = *places.entry(arrival).or_insert_with_key(|arrival| {
            arrivals.push(arrival.clone());
            newest
        });
        references.push(number(newest - place));
    }
    sheet.numbers(&references);
    let mut column = |number: fn(&Arrival) -> u64| sheet.numbers(&arrivals.iter().map(number).collect::<Vec<_>>());
    column(|arrival| optional(arrival.click));
    column(|arrival| optional(arrival.channel));
    column(|arrival| position(arrival.origin.channel));
    column(|arrival| arrival.origin.rule.into());
    column(|arrival| arrival.origin.rules_version.into());
    column(|arrival| arrival.origin.inherited.into());
    for parameter in PARAMETERS {
        sheet.names(arrivals.iter().map(|arrival| (parameter.label)(&arrival.utm).as_ref().map(Label::as_str)));
    }
    for parameter in PARAMETERS {
        sheet.names(arrivals.iter().map(|arrival| arrival.text_beside(parameter)));
    }
    sheet.names(arrivals.iter().map(|arrival| arrival.referrer.as_deref()));
}

/// Reads the arrivals of `events`, whose referrers are known, into them. Returns the ad click parameters.
pub(super) fn read(sheet: &mut Reader<'_>, events: &mut [Event]) -> Result<Vec<Option<ClickId>>, Undecodable> {
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
        sheet.spend(arrival.size() + host.len())?;
        let Arrival { utm, click, channel, origin, referrer } = arrival.clone();
        let referrer = referrer.unwrap_or_else(|| host.to_owned());
        event.sent.utm = utm;
        event.sent.channel = channel;
        event.derived.origin = Origin { referrer, ..origin };
        clicks.push(click);
    }
    Ok(clicks)
}

fn read_distinct(sheet: &mut Reader<'_>, count: usize) -> Result<Vec<Arrival>, Undecodable> {
    let blank = Arrival {
        utm: Utm::default(),
        click: None,
        channel: None,
        origin: Origin { rule: 0, rules_version: 0, ..Origin::direct() },
        referrer: None,
    };
    let mut arrivals = vec![blank; count];
    let mut column = |set: fn(&mut Arrival, u64) -> Result<(), Undecodable>| {
        let numbers = sheet.numbers(count)?;
        arrivals.iter_mut().zip(numbers).try_for_each(|(arrival, number)| set(arrival, number))
    };
    column(|arrival, number| at_optional(number).map(|click| arrival.click = click))?;
    column(|arrival, number| at_optional(number).map(|channel| arrival.channel = channel))?;
    column(|arrival, number| at(number).map(|channel| arrival.origin.channel = channel))?;
    column(|arrival, number| byte(number).map(|rule| arrival.origin.rule = rule))?;
    column(|arrival, number| byte(number).map(|version| arrival.origin.rules_version = version))?;
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
            let usual = (parameter.label)(&arrival.utm).as_ref().map_or("", Label::as_str);
            let text = text.unwrap_or_else(|| usual.to_owned());
            *(parameter.text_mut)(&mut arrival.origin) = text;
        });
    }
    let referrers = sheet.names(count, text)?;
    arrivals.iter_mut().zip(referrers).for_each(|(arrival, referrer)| arrival.referrer = referrer);
    Ok(arrivals)
}
