//! Why nothing is counted of a row: it was withdrawn, a robot's, rejected, lies outside of the days, or was never sent.

use std::collections::{BTreeMap, BTreeSet};

use reckon_core::domain::calendar::Minute;
use reckon_core::domain::event::Event;
use reckon_core::domain::names::{EventId, Label};
use reckon_core::domain::pairing::Listed;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Problem};
use reckon_core::store::concurrently;

use crate::known::{Found, Known, Wanted, why_uncounted};
use crate::sent::By;

/// Why nothing is counted of a row in the days of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// Nothing is known of it.
    Missing,
    /// It was withdrawn.
    Withdrawn,
    /// A robot did it.
    Robot,
    /// It was rejected.
    Rejected,
    /// It is counted at this time, in milliseconds since 1970, which is outside of the days.
    Outside(i64),
    /// It was stored, and has expired.
    Expired,
}

impl Reason {
    /// Every reason; times do not matter.
    pub(crate) const ALL: [Self; 6] =
        [Self::Missing, Self::Withdrawn, Self::Robot, Self::Rejected, Self::Outside(0), Self::Expired];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Withdrawn => "withdrawn",
            Self::Robot => "robot",
            Self::Rejected => "rejected",
            Self::Outside(_) => "outside",
            Self::Expired => "expired",
        }
    }

    /// Whether both say the same, at whatever time.
    pub(crate) fn is_alike(self, other: Self) -> bool {
        self.name() == other.name()
    }

    /// When it is counted instead.
    pub(crate) const fn at(self) -> Option<i64> {
        match self {
            Self::Outside(at) => Some(at),
            _ => None,
        }
    }
}

/// Looks up every row of which nothing was read; answers all that is counted, in order of time, and the reasons.
pub(crate) async fn look_up(
    app: &App,
    site: &Site,
    wanted: &Wanted,
    listed: &[Listed],
    known: Known,
) -> Result<(Vec<Found>, BTreeMap<String, Reason>), Problem> {
    let Known { mut found, uncounted: mut reasons } = known;
    let counted: BTreeSet<String> =
        found.iter().filter_map(|event| event.key(wanted.by)).map(str::to_owned).collect();
    // One look for each key; of an event, for each of its times.
    let unknown: BTreeSet<(&str, Option<Minute>)> = listed
        .iter()
        .filter(|row| !counted.contains(&row.key) && !reasons.contains_key(&row.key))
        .map(|row| (row.key.as_str(), row.minute.filter(|_| wanted.by == By::Event)))
        .collect();
    let expired = app.store.state(&site.id).await?.map(|state| state.raw_complete_from);
    let looks = unknown.into_iter().map(|(key, minute)| async move {
        let events = match wanted.by {
            By::Order => of_order(app, site, wanted, key).await?,
            By::Event => of_id(app, site, key, minute).await?,
        };
        Ok::<_, Problem>((key, events))
    });
    for (key, looked) in concurrently(looks).await? {
        for (minute, event) in looked {
            let reason = match event {
                None if expired.is_some_and(|kept| minute < kept) => Some(Reason::Expired),
                None => None,
                Some(event) if !wanted.kinds.contains(&event.sent.kind) => None,
                Some(event) => match why_uncounted(&event) {
                    Some(reason) => Some(reason),
                    None if (wanted.span.from..wanted.span.to).contains(&minute) => {
                        // It came in since, or is counted within seconds.
                        found.push(Found::of(&event));
                        None
                    }
                    None => Some(Reason::Outside(event.sent.at)),
                },
            };
            if let Some(reason) = reason {
                reasons.insert(key.to_owned(), reason);
            }
        }
    }
    found.sort_by(|left, right| (left.at, &left.id).cmp(&(right.at, &right.id)));
    Ok((found, reasons))
}

/// The results of an order, each with its minute.
async fn of_order(
    app: &App,
    site: &Site,
    wanted: &Wanted,
    order: &str,
) -> Result<Vec<(Minute, Option<Event>)>, Problem> {
    let mut events = Vec::new();
    let Ok(order) = Label::parse(order) else { return Ok(events) };
    for kind in wanted.kinds.iter().filter(|kind| kind.is_result()) {
        if let Some(known) = app.store.order(&site.id, *kind, &order).await? {
            let minute = known.minute();
            let event = app.store.event(site, &known.id, minute).await?;
            events.push((minute, event.map(|version| version.event)));
        }
    }
    Ok(events)
}

/// The event of an id in a minute. Without a minute there is nowhere to look.
async fn of_id(
    app: &App,
    site: &Site,
    id: &str,
    minute: Option<Minute>,
) -> Result<Vec<(Minute, Option<Event>)>, Problem> {
    let (Some(minute), Ok(id)) = (minute, EventId::parse(id)) else { return Ok(Vec::new()) };
    let event = app.store.event(site, &id, minute).await?;
    Ok(vec![(minute, event.map(|version| version.event))])
}
