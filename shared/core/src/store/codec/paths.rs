//! Results: decisions, partners that came with a touch, and the steps that led to a result, one column a field.

use super::cursor::number;
use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use super::values::{label, text, word};
use super::variants::{at, at_optional, optional, position};
use crate::domain::channel::Channel;
use crate::domain::event::{Decision, Event};
use crate::domain::journey::{Contact, Path, Standing, Step};
use crate::domain::names::Label;
use crate::domain::origin::Origin;

type Named =
    (fn(&Event) -> &Option<Label>, fn(&Origin) -> &String, fn(&mut Event) -> (&Option<Label>, &mut String));

/// The partner and the offer of an origin, which are usually those that the sender named.
const PARTNERS: [Named; 2] = [
    (
        |event| &event.sent.partner,
        |origin| &origin.partner,
        |event| (&event.sent.partner, &mut event.derived.origin.partner),
    ),
    (
        |event| &event.sent.offer,
        |origin| &origin.offer,
        |event| (&event.sent.offer, &mut event.derived.origin.offer),
    ),
];

/// The texts of a step.
type StepText = (fn(&Step) -> &String, fn(&mut Step) -> &mut String);
const STEP_TEXTS: [StepText; 6] = [
    (|step| &step.source, |step| &mut step.source),
    (|step| &step.medium, |step| &mut step.medium),
    (|step| &step.campaign, |step| &mut step.campaign),
    (|step| &step.partner, |step| &mut step.partner),
    (|step| &step.offer, |step| &mut step.offer),
    (|step| &step.referrer, |step| &mut step.referrer),
];

pub(super) fn write(sheet: &mut Writer, events: &[&Event]) {
    for (sent, of, _) in PARTNERS {
        sheet.names(events.iter().map(|event| {
            let own = of(&event.derived.origin).as_str();
            (own != sent(event).as_ref().map_or("", Label::as_str)).then_some(own)
        }));
    }
    sheet.each(events, |event| optional(event.sent.decision.as_ref().map(|decision| decision.status)));
    let decisions: Vec<&Decision> = events.iter().filter_map(|event| event.sent.decision.as_ref()).collect();
    sheet.each(&decisions, |decision| decision.at.cast_unsigned());
    sheet.names(decisions.iter().map(|decision| decision.reason.as_ref().map(Label::as_str)));
    // One more than the steps, so that no path differs from an empty one.
    sheet.each(events, |event| {
        event.derived.path.as_ref().map_or(0, |path| number(path.steps.len()).saturating_add(1))
    });
    let paths: Vec<(&Event, &Path)> =
        events.iter().filter_map(|event| Some((*event, event.derived.path.as_ref()?))).collect();
    sheet.each(&paths, |(event, path)| event.sent.at.wrapping_sub(path.at).cast_unsigned());
    sheet.each(&paths, |(_, path)| path.dropped.into());
    let steps: Vec<(&Path, &Step)> =
        paths.iter().flat_map(|(_, path)| path.steps.iter().map(|step| (*path, step))).collect();
    sheet.each(&steps, |(path, step)| path.at.wrapping_sub(step.at).cast_unsigned());
    sheet.each(&steps, |(_, step)| position(step.contact));
    sheet.each(&steps, |(_, step)| position(step.standing));
    sheet.each(&steps, |(_, step)| position(step.channel));
    for (of, _) in STEP_TEXTS {
        // An empty text is none, which costs nothing.
        sheet.names(steps.iter().map(|(_, step)| Some(of(step).as_str()).filter(|text| !text.is_empty())));
    }
}

/// Reads what [`write`] wrote into events whose times, partners and origins are known.
pub(super) fn read(sheet: &mut Reader<'_>, events: &mut [Event]) -> Result<(), Undecodable> {
    for (_, _, both) in PARTNERS {
        let texts = sheet.names(events.len(), text)?;
        for (event, text) in events.iter_mut().zip(texts) {
            let (sent, own) = both(event);
            let usual = sent.as_ref().map_or("", Label::as_str);
            if text.is_none() {
                sheet.spend(usual.len())?;
            }
            *own = text.unwrap_or_else(|| usual.to_owned());
        }
    }
    read_decisions(sheet, events)?;
    read_paths(sheet, events)
}

fn read_decisions(sheet: &mut Reader<'_>, events: &mut [Event]) -> Result<(), Undecodable> {
    let statuses = sheet.numbers(events.len())?;
    let decided = statuses.iter().filter(|status| **status != 0).count();
    let mut times = sheet.numbers(decided)?.into_iter();
    let mut reasons = sheet.names(decided, label)?.into_iter();
    for (event, status) in events.iter_mut().zip(statuses) {
        if let Some(status) = at_optional(status)? {
            let (at, reason) = (times.next().unwrap_or(0).cast_signed(), reasons.next().flatten());
            event.sent.decision = Some(Decision { at, status, reason });
        }
    }
    Ok(())
}

fn read_paths(sheet: &mut Reader<'_>, events: &mut [Event]) -> Result<(), Undecodable> {
    let lengths = sheet.numbers(events.len())?;
    let count = lengths.iter().filter(|length| **length != 0).count();
    let (delays, dropped) = (sheet.numbers(count)?, sheet.numbers(count)?);
    let total = lengths.iter().map(|length| length.saturating_sub(1)).fold(0_u64, u64::saturating_add);
    let total = usize::try_from(total).map_err(|_| Undecodable::TooLarge)?;
    let mut ages = sheet.numbers(total)?.into_iter();
    let blank = || Step {
        at: 0,
        contact: Contact::Click,
        standing: Standing::Eligible,
        channel: Channel::Direct,
        source: String::new(),
        medium: String::new(),
        campaign: String::new(),
        partner: String::new(),
        offer: String::new(),
        referrer: String::new(),
    };
    // The column before was as long, so so many steps are there.
    let mut steps: Vec<Step> = std::iter::repeat_with(blank).take(total).collect();
    let mut column = |set: fn(&mut Step, u64) -> Result<(), Undecodable>| {
        let numbers = sheet.numbers(total)?;
        steps.iter_mut().zip(numbers).try_for_each(|(step, number)| set(step, number))
    };
    column(|step, number| at(number).map(|contact| step.contact = contact))?;
    column(|step, number| at(number).map(|standing| step.standing = standing))?;
    column(|step, number| at(number).map(|channel| step.channel = channel))?;
    for (_, of) in STEP_TEXTS {
        let texts = sheet.names(total, text)?;
        steps.iter_mut().zip(texts).for_each(|(step, text)| *of(step) = text.unwrap_or_default());
    }
    let (mut steps, mut paths) = (steps.into_iter(), delays.into_iter().zip(dropped));
    for (event, length) in events.iter_mut().zip(lengths) {
        let Some(length) = length.checked_sub(1) else { continue };
        let (delay, dropped) = paths.next().unwrap_or_default();
        let at = event.sent.at.wrapping_sub(delay.cast_signed());
        let mut path = Path { at, steps: Vec::new(), dropped: word(dropped)? };
        let length = usize::try_from(length).map_err(|_| Undecodable::TooLarge)?;
        for (mut step, age) in steps.by_ref().zip(ages.by_ref()).take(length) {
            step.at = at.wrapping_sub(age.cast_signed());
            path.steps.push(step);
        }
        event.derived.path = Some(path);
    }
    Ok(())
}
