//! Tallies: what the stored versions behind a rollup are, so that two counts of one day tell what came in between.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::fold::Stamp;
use super::union::Version;
use crate::domain::event::Kind;

/// How many stored contents of each sort a rollup was made from. They only rise, except under a new generation.
///
/// The same content stored twice is one. It does not depend on the order in which anything came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Distinct events, refunds apart.
    pub events: u64,
    /// Distinct refunds.
    pub refunds: u64,
    /// Further contents of an event that neither withdraw nor decide it.
    pub amendments: u64,
    /// Contents that withdraw an event.
    pub voids: u64,
    /// Contents that decide a result.
    pub decisions: u64,
}

/// Why a sealed day says something else than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RestatementReason))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Events came in after their day was counted.
    LateEvents,
    /// Refunds came in after the day that they belong to was counted.
    Refund,
    /// Events were sent again with other content.
    Amendment,
    /// Events were withdrawn.
    Void,
    /// Results were approved, rejected or put off.
    Decision,
    /// A rebuild counted the day anew from its stored events.
    Rebuild,
    /// It cannot be told, as for what a release without tallies counted.
    Changed,
}

/// What a day was counted from, and by which recount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The recount.
    pub stamp: Stamp,
    /// What it counted; `None` where that was not noted.
    pub tally: Option<Tally>,
}

impl Reason {
    /// Every reason, in the order that answers name them in.
    pub const ALL: [Self; 7] = [
        Self::LateEvents,
        Self::Refund,
        Self::Amendment,
        Self::Void,
        Self::Decision,
        Self::Rebuild,
        Self::Changed,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LateEvents => "late_events",
            Self::Refund => "refund",
            Self::Amendment => "amendment",
            Self::Void => "void",
            Self::Decision => "decision",
            Self::Rebuild => "rebuild",
            Self::Changed => "changed",
        }
    }

    /// The reason of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

impl Tally {
    /// Adds the stored versions of one event id. Only those that came more than once are hashed.
    pub fn note(&mut self, same: &[Version]) {
        let mut seen = BTreeSet::new();
        let mut told = 0;
        for version in same {
            let sent = &version.event.sent;
            if same.len() > 1 && !seen.insert((version.received.trust, sent.content_hash())) {
                continue;
            }
            if sent.void {
                self.voids += 1;
            } else if sent.decision.as_ref().is_some_and(|decision| decision.at > 0) {
                self.decisions += 1;
            } else {
                told += 1;
            }
        }
        let Some(first) = same.first().filter(|_| told > 0) else { return };
        if first.event.sent.kind == Kind::Refund {
            self.refunds += 1;
        } else {
            self.events += 1;
        }
        self.amendments += told - 1;
    }

    /// The tally of two sets of events.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            events: self.events.saturating_add(other.events),
            refunds: self.refunds.saturating_add(other.refunds),
            amendments: self.amendments.saturating_add(other.amendments),
            voids: self.voids.saturating_add(other.voids),
            decisions: self.decisions.saturating_add(other.decisions),
        }
    }

    const fn numbers(self) -> [u64; 5] {
        [self.events, self.refunds, self.amendments, self.voids, self.decisions]
    }

    /// As text, such as `12,0,1,0,0`.
    pub fn text(self) -> String {
        self.numbers().map(|number| number.to_string()).join(",")
    }

    /// Reads [`Self::text`].
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Vec<u64> = text.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [events, refunds, amendments, voids, decisions] = *numbers.as_slice() else { return None };
        Some(Self { events, refunds, amendments, voids, decisions })
    }
}

impl Origin {
    /// What is new since `before`: each sort of content that was counted now and not then, and a recount of a later
    /// generation or fold. What neither of them explains is [`Reason::Changed`].
    pub fn reasons_since(self, before: Self) -> BTreeSet<Reason> {
        let words = [Reason::LateEvents, Reason::Refund, Reason::Amendment, Reason::Void, Reason::Decision];
        let mut reasons = BTreeSet::new();
        if let Some((now, then)) = self.tally.zip(before.tally) {
            let rose = now.numbers().into_iter().zip(then.numbers()).map(|(now, then)| now > then);
            reasons.extend(words.into_iter().zip(rose).filter(|(_, rose)| *rose).map(|(word, _)| word));
        }
        if self.stamp > before.stamp {
            reasons.insert(Reason::Rebuild);
        }
        if reasons.is_empty() {
            reasons.insert(Reason::Changed);
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(numbers: [u64; 5]) -> Tally {
        let [events, refunds, amendments, voids, decisions] = numbers;
        Tally { events, refunds, amendments, voids, decisions }
    }

    #[test]
    fn a_reason_is_what_was_counted_now_and_not_then() {
        let origin = |generation, numbers: Option<[u64; 5]>| Origin {
            stamp: Stamp { generation, fold: 2 },
            tally: numbers.map(tally),
        };
        let then = origin(0, Some([5, 1, 1, 1, 1]));
        for (now, expected) in [
            (origin(0, Some([6, 1, 1, 1, 1])), "late_events"),
            (origin(0, Some([5, 2, 1, 1, 1])), "refund"),
            (origin(0, Some([5, 1, 2, 1, 1])), "amendment"),
            (origin(0, Some([5, 1, 1, 2, 1])), "void"),
            (origin(0, Some([5, 1, 1, 1, 2])), "decision"),
            (origin(0, Some([9, 1, 1, 4, 1])), "late_events void"),
            (origin(1, Some([5, 1, 1, 1, 1])), "rebuild"),
            (origin(1, Some([5, 1, 4, 1, 1])), "amendment rebuild"),
            // A rebuild after the retention may count less; that is the rebuild's doing.
            (origin(1, Some([0, 0, 0, 0, 0])), "rebuild"),
            (origin(0, Some([5, 1, 1, 1, 1])), "changed"),
            (origin(0, None), "changed"),
            (origin(1, None), "rebuild"),
        ] {
            let words: Vec<_> = now.reasons_since(then).into_iter().map(Reason::as_str).collect();
            assert_eq!(words.join(" "), expected, "{now:?}");
        }
        assert_eq!(Reason::ALL.map(|reason| Reason::parse(reason.as_str())), Reason::ALL.map(Some));
    }

    #[test]
    fn a_tally_is_read_back_and_nothing_else_is() {
        let one = tally([12, 0, 1, 7, u64::MAX]);
        assert_eq!(Tally::parse(&one.text()), Some(one));
        for strange in ["", "1", "1,2,3,4", "1,2,3,4,5,6", "1,2,3,4,x", "-1,2,3,4,5"] {
            assert_eq!(Tally::parse(strange), None, "{strange}");
        }
    }
}
