//! What a campaign cost on one local day, as the events that say so: the spend, and the impressions and clicks bought.
//!
//! An event's id is made of where the money went and of the day, so that whoever tells it again amends it: a restated
//! day replaces what stood, and never adds to it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::channel::Channel;
use super::decimal::Money;
use super::event::{Event, Kind, Sent, Trust};
use super::names::{EventId, Label};
use super::origin::derive;
use super::rollup::{Version, union};
use super::site::Site;

/// Where money went: within a site and a day there is one amount for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The channel.
    pub channel: Channel,
    /// The platform that was paid, as links to the site name it in `utm_source`.
    pub source: Option<Label>,
    /// The campaign.
    pub campaign: Option<Label>,
}

/// What was paid for one place and day, and what was got for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// What was spent.
    pub spend: Money,
    /// How often the ads were shown; 0 where that is not told.
    pub impressions: u32,
    /// How often they were clicked; 0 where that is not told.
    pub clicks: u32,
    /// By what means, as links name it in `utm_medium`.
    pub medium: Option<Label>,
}

/// What stands of one place and day: of each kind of event the latest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing(BTreeMap<Kind, (u32, Sent)>);

/// The kinds of the events that tell it.
const KINDS: [Kind; 3] = [Kind::Spend, Kind::Impression, Kind::Click];

impl Place {
    /// The event of a kind. Since a void is for good, what is told again after one is an event of its own: its
    /// `generation`, from 1.
    fn id(&self, date: NaiveDate, kind: Kind, generation: u32) -> Option<EventId> {
        let text = |label: &Option<Label>| label.as_ref().map_or(String::new(), Label::to_string);
        let mut digest = Sha256::new();
        for part in [self.channel.as_str(), &text(&self.source), &text(&self.campaign)] {
            digest.update(part.len().to_be_bytes());
            digest.update(part.as_bytes());
        }
        let place = URL_SAFE_NO_PAD.encode(digest.finalize().get(..16).unwrap_or_default());
        EventId::parse(&format!("ad:{date}:{place}:{}:{generation}", kind.as_str())).ok()
    }

    /// The place that an event tells of.
    fn of(sent: &Sent) -> Option<Self> {
        let Sent { channel, utm, .. } = sent;
        Some(Self { channel: (*channel)?, source: utm.source.clone(), campaign: utm.campaign.clone() })
    }
}

impl Figures {
    /// Whether nothing was spent and nothing was got.
    pub fn is_nothing(&self) -> bool {
        self.spend == Money::ZERO && self.impressions == 0 && self.clicks == 0
    }

    /// How much of a kind there is; `None` where there is nothing to tell. Nothing spent is told.
    fn of(&self, kind: Kind) -> Option<(Option<Money>, u32)> {
        match kind {
            Kind::Spend => Some((Some(self.spend), 1)),
            Kind::Impression => Some((None, self.impressions)).filter(|(_, count)| *count > 0),
            _ => Some((None, self.clicks)).filter(|(_, count)| *count > 0),
        }
    }
}

impl Standing {
    /// What the versions stored of `date`'s first minute say, by place. Of events of other ids it takes no notice.
    pub fn of(versions: Vec<Version>, date: NaiveDate) -> BTreeMap<Place, Self> {
        let prefix = format!("ad:{date}:");
        let ours = versions.into_iter().filter(|version| {
            version.received.trust == Trust::Secret && version.event.sent.id.as_str().starts_with(&prefix)
        });
        let mut places: BTreeMap<Place, Self> = BTreeMap::new();
        for Version { event: Event { sent, .. }, .. } in union(ours.collect()) {
            let generation = sent.id.as_str().rsplit(':').next().and_then(|text| text.parse().ok());
            let (Some(generation), Some(place)) = (generation, Place::of(&sent)) else { continue };
            // Somebody may have sent events of his own under such ids.
            if !KINDS.contains(&sent.kind) || place.id(date, sent.kind, generation).as_ref() != Some(&sent.id)
            {
                continue;
            }
            let kinds = &mut places.entry(place).or_default().0;
            if kinds.get(&sent.kind).is_none_or(|(latest, _)| *latest < generation) {
                kinds.insert(sent.kind, (generation, sent));
            }
        }
        places
    }

    /// The figures; `None` where all was withdrawn.
    pub fn figures(&self) -> Option<Figures> {
        let told = |kind: Kind| self.0.get(&kind).map(|(_, sent)| sent).filter(|sent| !sent.void);
        let count = |kind: Kind| told(kind).map_or(0, |sent| sent.count);
        let any = KINDS.into_iter().find_map(told)?;
        Some(Figures {
            spend: told(Kind::Spend).and_then(|sent| sent.value).unwrap_or(Money::ZERO),
            impressions: count(Kind::Impression),
            clicks: count(Kind::Click),
            medium: any.utm.medium.clone(),
        })
    }

    /// The events to store so that `wanted` stands, or nothing where it is `None`. Where it stands already, there are
    /// none. Each overrules what stood by its number, whenever that came in.
    pub fn changes(
        &self,
        site: &Site,
        place: &Place,
        date: NaiveDate,
        wanted: Option<&Figures>,
    ) -> Vec<Event> {
        let changed = KINDS.into_iter().filter_map(|kind| self.change(site, place, date, kind, wanted));
        changed.map(|sent| Event { derived: derive(&sent, None, None, site), sent }).collect()
    }

    fn change(
        &self,
        site: &Site,
        place: &Place,
        date: NaiveDate,
        kind: Kind,
        wanted: Option<&Figures>,
    ) -> Option<Sent> {
        let latest = self.0.get(&kind);
        let stands = latest.filter(|(_, sent)| !sent.void);
        let told = wanted.and_then(|figures| Some((figures, figures.of(kind)?)));
        let Some((figures, (value, count))) = told else {
            let (_, sent) = stands?;
            return Some(Sent { void: true, version: sent.version.saturating_add(1), ..sent.clone() });
        };
        let generation = stands.map_or_else(
            || latest.map_or(1, |(generation, _)| generation.saturating_add(1)),
            |(generation, _)| *generation,
        );
        let start = site.calendar().start_of_date(date).start();
        let mut sent = Sent::new(place.id(date, kind, generation)?, kind, start);
        (sent.value, sent.count, sent.channel) = (value, count, Some(place.channel));
        sent.utm.source.clone_from(&place.source);
        sent.utm.medium.clone_from(&figures.medium);
        sent.utm.campaign.clone_from(&place.campaign);
        let Some((_, standing)) = stands else { return Some(sent) };
        sent.version = standing.version;
        (sent != *standing).then(|| Sent { version: standing.version.saturating_add(1), ..sent })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::names::{Currency, SiteId};
    use crate::domain::rollup::Received;

    fn date() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 1).unwrap()
    }

    fn site() -> Site {
        Site::new(SiteId::parse("shop").unwrap(), chrono_tz::Europe::Berlin, Currency::parse("EUR").unwrap())
    }

    fn place(campaign: &str) -> Place {
        let label = |text: &str| Label::parse(text).ok();
        Place { channel: Channel::PaidSearch, source: label("google"), campaign: label(campaign) }
    }

    /// What is stored, told one after the other.
    #[derive(Default)]
    struct Told(Vec<Version>);

    impl Told {
        fn tell(&mut self, campaign: &str, wanted: Option<&Figures>) -> usize {
            let standing = Standing::of(self.0.clone(), date()).remove(&place(campaign)).unwrap_or_default();
            let events = standing.changes(&site(), &place(campaign), date(), wanted);
            let (stored, at) = (events.len(), i64::try_from(self.0.len()).unwrap());
            let received = Received { trust: Trust::Secret, at };
            self.0.extend(events.into_iter().map(|event| Version { event, received }));
            stored
        }

        /// Spend, impressions and clicks as a fold counts them.
        fn counted(&self) -> (Money, u32, u32) {
            let mut sums = (Money::ZERO, 0, 0);
            for Version { event, .. } in union(self.0.clone()).filter(|version| !version.event.sent.void) {
                match event.sent.kind {
                    Kind::Spend => sums.0 += event.sent.value.unwrap(),
                    Kind::Impression => sums.1 += event.sent.count,
                    _ => sums.2 += event.sent.count,
                }
            }
            sums
        }
    }

    fn figures(spend: u32, impressions: u32, clicks: u32) -> Figures {
        Figures { spend: Money::whole(spend), impressions, clicks, medium: Label::parse("cpc").ok() }
    }

    #[test]
    fn what_stands_already_is_not_stored_again() {
        let mut told = Told::default();
        assert_eq!(told.tell("spring", Some(&figures(12, 1_000, 25))), 3);
        assert_eq!(told.tell("spring", Some(&figures(12, 1_000, 25))), 0);
        assert_eq!(told.tell("spring", Some(&figures(12, 1_000, 26))), 1);
        assert_eq!(told.tell("spring", None), 3);
        assert_eq!(told.tell("spring", None), 0);
    }

    #[test]
    fn a_place_is_an_event_of_its_own_whatever_its_names_hold() {
        let ids = |channel, source: &str, campaign: &str| {
            let label = |text: &str| Label::parse(text).ok();
            let place = Place { channel, source: label(source), campaign: label(campaign) };
            place.id(date(), Kind::Spend, 1).unwrap()
        };
        let all = [
            ids(Channel::Email, "", "ab"),
            ids(Channel::Email, "a", "b"),
            ids(Channel::Email, "ab", ""),
            ids(Channel::Sms, "", "ab"),
            ids(Channel::Email, "", &"\u{1f600}#".repeat(64)),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn events_of_others_under_such_ids_are_none_of_ours() {
        let mut told = Told::default();
        told.tell("spring", Some(&figures(12, 0, 0)));
        let mut foreign = told.0[0].clone();
        foreign.event.sent.utm.campaign = Label::parse("autumn").ok();
        foreign.event.sent.version = 7;
        told.0.push(foreign);
        assert!(Standing::of(told.0.clone(), date()).is_empty(), "the id is of another place");
        told.0.pop();
        told.0[0].received.trust = Trust::Public;
        assert!(Standing::of(told.0, date()).is_empty(), "a page knows no spend");
    }

    proptest! {
        #[test]
        fn whatever_was_told_before_the_last_word_stands(
            words in prop::collection::vec((0..2_u8, prop::option::of((0..3_u32, 0..3_u32, 0..3_u32))), 1..12),
        ) {
            let mut told = Told::default();
            let mut last = BTreeMap::new();
            for (campaign, word) in words {
                let name = if campaign == 0 { "spring" } else { "autumn" };
                let wanted = word.map(|(spend, impressions, clicks)| figures(spend, impressions, clicks));
                told.tell(name, wanted.as_ref());
                last.insert(name, wanted.clone());
                let standing = Standing::of(told.0.clone(), date()).remove(&place(name));
                prop_assert_eq!(standing.and_then(|standing| standing.figures()), wanted);
            }
            let sum = last.values().flatten().fold((Money::ZERO, 0, 0), |sum, figures| {
                (sum.0 + figures.spend, sum.1 + figures.impressions, sum.2 + figures.clicks)
            });
            prop_assert_eq!(told.counted(), sum);
        }
    }
}
