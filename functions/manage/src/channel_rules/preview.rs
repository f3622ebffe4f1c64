//! `POST /v1/channel-rules/preview`: what a list would have made of events that are stored, before it is saved.

use axum::Json;
use axum::extract::State as Held;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Months, NaiveDate, Utc};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, CLASHING, KEYED, May, SENT};
use reckon_core::domain::calendar::{Minute, plus_days};
use reckon_core::domain::channel::{OwnRules, Rule};
use reckon_core::domain::report::{Period, Span, bounds};
use reckon_core::domain::rollup::union;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Body, Caller, Fault, NoParameters, Problem, sha256_hex};
use reckon_core::store::{Role, State};
use serde::Serialize;

#[cfg(feature = "contract")]
use super::contract::RulesToTry;
use super::draft::Draft;
use super::moves::{Effect, Move, Moves, Seen, never_fired};
use super::plain::Plain;
use super::{hold_to_version, standing};

/// The most events that are read for one page, by the versions that are stored; a lane of a minute counts as some at
/// least.
const MOST_EVENTS: u64 = 200_000;
const LEAST_OF_LANE: u64 = 500;
/// The most months that a preview covers.
const MOST_MONTHS: u32 = 25;
/// How many days it covers unless asked.
const USUAL_DAYS: i64 = 30;

/// What a list would have made of the events that are stored.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = TriedRules))]
struct Previewed {
    /// The days of the question.
    query: Period,
    /// The version of the list that stands, which nothing was done to.
    version: u32,
    /// The days of the question of which raw events expired, and with them what the list would do.
    expired: Option<Period>,
    #[serde(flatten)]
    seen: Seen,
    /// Batches that cannot be read, and are not counted either.
    unreadable: u64,
    /// What would move, from channel to channel.
    moves: Vec<Move>,
    /// Every rule of the list, and the built-in ones that caught anything, in the order in which they are tried.
    rules: Vec<Effect>,
    /// The rules of the list that caught no event of this page.
    never_fired: Vec<u8>,
    /// The cursor of the next page, whose numbers add to these; null where nothing follows.
    next: Option<String>,
    /// Whether nothing follows.
    complete: bool,
}

/// Where a page ended: the lane of a minute with which the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    minute: Minute,
    lane: u16,
}

/// What is looked through, and what was found so far.
struct Looking<'a> {
    app: &'a App,
    site: &'a Site,
    own: OwnRules,
    moves: Moves,
    unreadable: u64,
    /// Events that this page may still read.
    left: u64,
}

impl Place {
    /// A text that only a page of the same question takes.
    fn text(self, question: &str) -> String {
        let Self { minute, lane } = self;
        URL_SAFE_NO_PAD.encode(format!("{}#{lane}#{question}", minute.number()))
    }

    fn parse(text: &str, question: &str) -> Option<Self> {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = plain.split('#');
        let minute = Minute::from_number(parts.next()?.parse().ok()?);
        let lane = parts.next()?.parse().ok()?;
        (parts.next()? == question).then_some(Self { minute, lane })
    }
}

/// `POST /v1/channel-rules/preview`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        post,
        path = "/v1/channel-rules/preview",
        tag = "Site and keys",
        operation_id = "try_channel_rules",
        summary = "Try channel rules on stored events",
        description = "Judges the events of some days by a list before it is saved, and saves nothing. A page reads \
             some 200,000 events; the numbers of all pages add up.",
        security(("bearer" = ["admin"])),
        request_body(content = RulesToTry, example = json!({
            "rules": [{"name": "Our own mailings", "channel": "content", "when": {"source": "newsletter"}}],
            "from": "2026-11-01",
            "to": "2026-11-23"
        })),
        responses(
            (status = 200, description = "What the list would move", body = Previewed),
            May<{ KEYED | ABSENT | SENT | CLASHING }>
        )
    )
)]
pub(crate) async fn preview(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Body(body): Body<Plain>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let draft = Draft::read(&body, &["from", "to", "cursor"])?;
    let site = standing(&app, &caller).await?;
    let version = site.channel_rules.version;
    hold_to_version(draft.version, version)?;
    let (calendar, now) = (site.calendar(), app.clock.now());
    let query = period(&draft, calendar.date_of(Minute::of(now)))?;
    let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
    let kept_from = kept_from(&app, &state, now);
    let asked = bounds(query, calendar);
    // Events may be ahead of us by an hour.
    let span = Span { from: asked.from.max(kept_from), to: asked.to.min(Minute::of(now).horizon()) };
    let question = question(&site, query, &draft.rules);
    let begin = match &draft.cursor {
        None => Place { minute: span.from, lane: 0 },
        Some(cursor) => Place::parse(cursor, &question).ok_or_else(|| {
            let detail = "the cursor is of another question; send it with the same rules, from and to, or begin again \
                          without it";
            Problem::invalid(vec![Fault::new("/cursor", "foreign_cursor", detail)])
        })?,
    };
    let own = OwnRules { version: site.channel_rules.next_version(), saved_at: None, rules: draft.rules };
    let mut looking =
        Looking { app: &app, site: &site, own, moves: Moves::default(), unreadable: 0, left: MOST_EVENTS };
    let next = looking.through(&state, span, begin).await?;
    let Looking { own, moves, unreadable, .. } = looking;
    let last = query.to.min(calendar.date_of(kept_from));
    let (seen, moved) = (moves.seen(), moves.moves(&site));
    let rules = moves.effects(&own);
    let answer = Previewed {
        query,
        version,
        expired: (asked.from < kept_from).then_some(Period { from: query.from, to: last }),
        seen,
        unreadable,
        moves: moved,
        never_fired: never_fired(&rules),
        rules,
        complete: next.is_none(),
        next: next.map(|place| place.text(&question)),
    };
    Ok(Json(answer).into_response())
}

/// From when on every event that was accepted is kept.
fn kept_from(app: &App, state: &State, now: DateTime<Utc>) -> Minute {
    // The minute in which the oldest expire is not whole any more.
    let kept = app.config.kept_from(now).map(|kept| Minute::of(kept).plus(1));
    kept.map_or(state.raw_complete_from, |kept| kept.max(state.raw_complete_from))
}

/// The days that are asked for, the last 30 unless said.
fn period(draft: &Draft, today: NaiveDate) -> Result<Period, Problem> {
    let to = draft.to.unwrap_or(today);
    let from = draft.from.unwrap_or_else(|| plus_days(to, 1 - USUAL_DAYS));
    let fault = if from > to {
        Fault::new("/from", "reversed", format!("from is {from}, which is after to, {to}"))
    } else if from.checked_add_months(Months::new(MOST_MONTHS)).is_none_or(|end| end <= to) {
        Fault::new("/from", "too_long", format!("a preview covers at most {MOST_MONTHS} months"))
    } else {
        return Ok(Period { from, to });
    };
    Err(Problem::invalid(vec![fault]))
}

/// What tells one question from another: the site, the days and the rules.
fn question(site: &Site, query: Period, rules: &[Rule]) -> String {
    let text = format!("{} {} {} {rules:?}", site.id, query.from, query.to);
    sha256_hex(&text).chars().take(16).collect()
}

impl Looking<'_> {
    /// Looks through the minutes of a span that have events, and answers where to go on.
    async fn through(&mut self, state: &State, span: Span, begin: Place) -> Result<Option<Place>, Problem> {
        let calendar = self.site.calendar();
        let mut start = begin.minute.max(span.from);
        while start < span.to {
            let end = calendar.end_of_date(calendar.date_of(start)).min(span.to);
            // Whole hours, so that none is read as minutes for its place in the day alone.
            let part = Span { from: calendar.hour_of(start).start(), to: end };
            let busy = self.app.store.busy_minutes(self.site, state, part, |rows| !rows.is_empty()).await?;
            for minute in busy.into_keys().filter(|minute| *minute >= start) {
                let first = if minute == begin.minute { begin.lane } else { 0 };
                for lane in first..self.site.lanes_at(minute) {
                    if self.left == 0 {
                        return Ok(Some(Place { minute, lane }));
                    }
                    self.lane(minute, lane).await?;
                }
            }
            start = end;
        }
        Ok(None)
    }

    /// Looks through one lane of a minute: all together would not fit in memory.
    async fn lane(&mut self, minute: Minute, lane: u16) -> Result<(), Problem> {
        let segment = self.app.store.segment(&self.site.id, minute, lane).await?;
        self.left = self.left.saturating_sub(segment.n.max(LEAST_OF_LANE));
        self.unreadable += u64::try_from(segment.broken.len()).unwrap_or(u64::MAX);
        for version in union(segment.versions) {
            self.moves.note(&version.event, &self.own);
        }
        Ok(())
    }
}
