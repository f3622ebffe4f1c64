//! What a proposed list would move: counts of stored events from channel to channel, and by rule.

use std::collections::BTreeMap;

use reckon_core::domain::channel::{Channel, OwnRules, Rule, rules};
use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::event::Event;
use reckon_core::domain::hindsight::{Hindsight, hindsight};
use reckon_core::domain::kpi::{Metric, Totals};
use reckon_core::domain::site::Site;
use serde::Serialize;

use super::list_of;

/// The most origins that are shown of a rule.
const MOST_EXAMPLES: usize = 5;

/// What was found so far. Every number adds up from page to page.
#[derive(Debug, Default)]
pub(super) struct Moves {
    seen: Seen,
    by_channels: BTreeMap<(Channel, Channel), (u64, Counts)>,
    by_rule: BTreeMap<u8, Caught>,
}

/// Stored events, whatever their count; those of robots and those that were withdrawn are left out.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = JudgedEvents))]
pub(super) struct Seen {
    /// All of them.
    events: u64,
    /// Those that would have another channel.
    moved: u64,
    /// Those whose channel a rule chooses again as it is.
    kept: u64,
    /// Those whose sender named the channel, which no rule changes.
    named: u64,
    /// Those without an origin, which no rule is asked about.
    without_origin: u64,
    /// Those with the origin of an earlier touch, for which the list asks for an ad click that is not kept.
    unclear: u64,
}

/// What would move from one channel to another.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = MoveOfChannel))]
pub(super) struct Move {
    /// The channel that the events have.
    from: Channel,
    /// The channel that they would have.
    to: Channel,
    /// How many events.
    events: u64,
    /// The visits among them.
    visits: u64,
    /// The conversions among them.
    conversions: u64,
    /// Their revenue, in the site's currency.
    revenue: Decimal,
}

/// What a rule would catch.
#[derive(Debug, Default)]
struct Caught {
    events: u64,
    moved: u64,
    examples: Vec<Example>,
}

/// An origin that a rule would catch, and how many of the events so far had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = OriginOfRule))]
struct Example {
    /// The source; empty where there is none, as with all of these.
    source: String,
    /// The medium.
    medium: String,
    /// The campaign.
    campaign: String,
    /// The host of the page that linked here.
    referrer_host: String,
    /// The channel that it has.
    was: Channel,
    /// How many of the events had it.
    events: u64,
}

/// A rule and what it would catch.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = EffectOfRule))]
pub(super) struct Effect {
    /// Its number; those from 101 on are of the list.
    number: u8,
    /// `own` or `built_in`.
    list: &'static str,
    /// What people call it; may be empty.
    name: String,
    /// The channel that it decides for.
    channel: Channel,
    /// How many events it would catch.
    events: u64,
    /// Those of them that have another channel now.
    moved: u64,
    /// Some origins that it would catch, at most five.
    examples: Vec<Example>,
}

impl Moves {
    /// Notes what the list would make of an event.
    pub(super) fn note(&mut self, event: &Event, own: &OwnRules) {
        if event.sent.void || event.derived.robot {
            return;
        }
        self.seen.events += 1;
        let (channel, rule) = match hindsight(event, own) {
            Hindsight::Judged(channel, rule) => (channel, rule),
            Hindsight::Named => return self.seen.named += 1,
            Hindsight::WithoutOrigin => return self.seen.without_origin += 1,
            Hindsight::Unclear => return self.seen.unclear += 1,
        };
        let was = event.derived.origin.channel;
        let moves = was != channel;
        self.by_rule.entry(rule).or_default().note(event, moves);
        if !moves {
            self.seen.kept += 1;
            return;
        }
        self.seen.moved += 1;
        let (events, counts) = self.by_channels.entry((was, channel)).or_default();
        *events += 1;
        counts.add(&Counts::of(event));
    }

    /// How many events were looked at, and what became of them.
    pub(super) const fn seen(&self) -> Seen {
        self.seen
    }

    /// What would move, from channel to channel.
    pub(super) fn moves(&self, site: &Site) -> Vec<Move> {
        let shown = |(&(from, to), (events, counts)): (&(Channel, Channel), &(u64, Counts))| {
            let totals = Totals::of(counts.clone(), &site.conversion_kinds, &site.acquisition_kinds);
            Move {
                from,
                to,
                events: *events,
                visits: totals.counts.visits,
                conversions: totals.conversions,
                revenue: Metric::Revenue.value(&totals).unwrap_or_default(),
            }
        };
        self.by_channels.iter().map(shown).collect()
    }

    /// Every rule of the list, and those built-in ones that caught anything, in the order in which they are tried.
    pub(super) fn effects(mut self, own: &OwnRules) -> Vec<Effect> {
        let mut effect = |rule: &Rule| {
            let Caught { events, moved, examples } = self.by_rule.remove(&rule.number).unwrap_or_default();
            let (number, channel, name) = (rule.number, rule.channel, rule.name.clone());
            Effect { number, list: list_of(number), name, channel, events, moved, examples }
        };
        let mut effects: Vec<Effect> = own.rules.iter().map(&mut effect).collect();
        effects.extend(rules().iter().map(effect).filter(|effect| effect.events > 0));
        effects
    }
}

impl Caught {
    fn note(&mut self, event: &Event, moves: bool) {
        self.events += 1;
        self.moved += u64::from(moves);
        let origin = &event.derived.origin;
        let alike = |example: &&mut Example| {
            example.was == origin.channel
                && example.source == origin.source
                && example.medium == origin.medium
                && example.campaign == origin.campaign
                && example.referrer_host == origin.referrer
        };
        if let Some(known) = self.examples.iter_mut().find(alike) {
            known.events += 1;
        } else if self.examples.len() < MOST_EXAMPLES {
            self.examples.push(Example {
                source: origin.source.clone(),
                medium: origin.medium.clone(),
                campaign: origin.campaign.clone(),
                referrer_host: origin.referrer.clone(),
                was: origin.channel,
                events: 1,
            });
        }
    }
}

/// The numbers of the site's own rules that caught nothing.
pub(super) fn never_fired(effects: &[Effect]) -> Vec<u8> {
    effects.iter().filter(|effect| effect.events == 0).map(|effect| effect.number).collect()
}
