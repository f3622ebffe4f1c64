//! `GET /v1/reports/attribution`: what each channel, campaign or partner is credited with, by several models at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State as Held;
use axum::response::Response;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Drawn, KEYED, May, OfResults, UNSERVED};
use reckon_core::domain::attribution::{Credit, Credits, MICROS, Model, Path, Step, credit};
use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::dimension::OTHER;
use reckon_core::domain::kpi::{Metric, Totals};
use reckon_core::domain::report::{Grain, Piece, Table};
use reckon_core::domain::rollup::{Fold, Place, Stop, read_path};
use reckon_core::domain::site::Site;
use reckon_core::domain::words::{instead, quoted};
use reckon_core::http::{App, Caller, Fault, Problem, ProblemKind, Query};
use reckon_core::render::{Chart, Form, Layout};
use reckon_core::report::{
    Ask, Asking, Fetched, Head, TRIES, changing, fetch_view, folded_by, require_reader, totals,
};
use serde::Serialize;

#[cfg(feature = "contract")]
use crate::contract::{CreditByModel, PlaceOfRow};

/// The most rows of an answer, which keeps it below what Lambda returns with all models.
const MOST_ROWS: usize = 1_000;
/// What is shown where no model is asked for.
const USUAL: [Model; 3] = [Model::First, Model::Last, Model::Linear];

/// What places are credited with.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Attribution<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// What the rows are by.
    by: Place,
    /// The models, in the order asked for.
    models: Vec<Described>,
    /// The places, by what the first model credits them with.
    rows: Vec<Row>,
    /// What there was to be credited: the credits of each model add up to it exactly.
    total: Shown,
    /// How many distinct paths led to the results.
    paths: usize,
    /// How many rows were folded into `(other)` for their number.
    folded_rows: u64,
}

/// A model, and what it does.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = CreditModel))]
struct Described {
    /// Its name.
    name: &'static str,
    /// What it credits.
    rule: &'static str,
}

/// What one place is credited with.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Credited))]
struct Row {
    /// The place.
    #[serde(flatten)]
    #[cfg_attr(feature = "contract", schema(value_type = PlaceOfRow))]
    place: BTreeMap<&'static str, String>,
    /// By model.
    #[cfg_attr(feature = "contract", schema(value_type = CreditByModel))]
    credit: BTreeMap<&'static str, Shown>,
    /// How much more the second model credits it with than the first, and so on with each other one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    moved: BTreeMap<String, Shown>,
}

/// Results and money, as credited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Credit))]
pub(crate) struct Shown {
    /// Results; parts of one where several places led to it.
    conversions: Decimal,
    /// Value of sales and subscriptions.
    gross_revenue: Decimal,
    /// Value of refunds.
    refunded: Decimal,
    /// `gross_revenue - refunded`
    revenue: Decimal,
}

impl Shown {
    fn add(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.gross_revenue += other.gross_revenue;
        self.refunded += other.refunded;
        self.revenue += other.revenue;
    }

    fn minus(self, other: Self) -> Self {
        Self {
            conversions: self.conversions - other.conversions,
            gross_revenue: self.gross_revenue - other.gross_revenue,
            refunded: self.refunded - other.refunded,
            revenue: self.revenue - other.revenue,
        }
    }
}

/// What one path brought.
#[derive(Clone, Debug)]
struct Brought {
    steps: Vec<Step<String>>,
    totals: Totals,
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// By which models what is credited.
    Asked:
        word("by", "What is credited.", Place::ALL.map(Place::as_str), Some(Place::Channel.as_str())),
        words(
            "models",
            "The models, in the order of the answer. `GET /v1/metadata` says what each credits.",
            Model::ALL.map(Model::name),
            Some(&USUAL.map(Model::name))
        ),
        as_of();
}

/// `GET /v1/reports/attribution`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/reports/attribution",
        tag = "Attribution and customers",
        operation_id = "attribution",
        summary = "Say what earned the results",
        description = "What each channel, campaign or partner is credited with by several models side by side. Each \
             model's credits add up to the total exactly.",
        params(OfResults, Asked, Drawn),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "The credits", body = Attribution<'static>),
            May<{ KEYED | ASKED | UNSERVED | ABSENT }>
        )
    )
)]
pub(crate) async fn attribution(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let site = &caller.site;
    let mut asking = Asking::of_results(&query, &["models", "by", "as_of"]);
    let by = asking.word("by", &Place::ALL.map(|place| (place.as_str(), place))).unwrap_or(Place::Channel);
    let models = models(&mut asking);
    let ask = asking.finish(site.calendar(), app.clock.now())?;
    let aging = models.contains(&Model::TimeDecay);
    let Read { fetched, brought, total, by_age } = read(&app, &caller, &ask, by, aging).await?;
    let divided =
        [Metric::Conversions, Metric::GrossRevenue, Metric::Refunded].map(|metric| paths(metric, &brought));
    let mut credits = BTreeMap::new();
    for model in &models {
        let of = if *model == Model::TimeDecay { by_age.clone() } else { by_path(*model, &divided)? };
        credits.insert(model.name(), of);
    }
    let mut folded = fetched.pieces.iter().map(|piece| piece.rows.folded()).sum();
    let rows = rows(by, &models, &mut credits, &mut folded);
    let table = Table { folded, ..Table::default() };
    let answer = Attribution {
        head: Head::new(&ask, site, &fetched, &table),
        by,
        rows,
        models: models.iter().map(|model| Described { name: model.name(), rule: model.rule() }).collect(),
        total,
        paths: brought.len(),
        folded_rows: folded,
    };
    form.show(Some(&caller), &layout(by, &models), &answer)
}

/// What a period's paths brought, and what time decay makes of the same results.
struct Read {
    fetched: Fetched,
    brought: Vec<Brought>,
    total: Shown,
    by_age: BTreeMap<String, Shown>,
}

/// Reads the paths, and what was divided by age where that is asked for. These are two views: where a result was counted
/// between the two, both are read again.
async fn read(app: &App, caller: &Caller, ask: &Ask, by: Place, aging: bool) -> Result<Read, Problem> {
    let site = &caller.site;
    for _ in 0..TRIES {
        let fetched = fetch_view(app, caller, ask, folded_by(Fold::Paths(by))?, Grain::Day).await?;
        let brought = brought(&fetched.pieces, site);
        let mut counts = Counts::default();
        for path in &brought {
            counts.add(&path.totals.counts);
        }
        let total = shown_whole(&totals(counts, site));
        if !aging {
            return Ok(Read { fetched, brought, total, by_age: BTreeMap::new() });
        }
        let aged = fetch_view(app, caller, ask, folded_by(Fold::Decay(by))?, Grain::Day).await?;
        let by_age = by_age(&aged.pieces, site);
        let mut sum = Shown::default();
        for shown in by_age.values() {
            sum.add(*shown);
        }
        if sum == total {
            return Ok(Read { fetched, brought, total, by_age });
        }
    }
    Err(changing())
}

/// A row a place, with a column for each figure of each model.
fn layout(by: Place, models: &[Model]) -> Layout {
    let figures = ["conversions", "gross_revenue", "refunded", "revenue"];
    let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
    let mut layout = Layout::report("attribution").columns(&[by.as_str()]);
    for name in &names {
        for figure in figures {
            layout = layout.column(format!("{name}_{figure}"), &[&format!("credit.{name}.{figure}")]);
        }
    }
    if let [first, others @ ..] = names.as_slice() {
        for other in others {
            let moved = format!("{first}_to_{other}");
            for figure in figures {
                layout = layout.column(format!("{moved}_{figure}"), &[&format!("moved.{moved}.{figure}")]);
            }
        }
    }
    layout.drawn(Chart::Models { by: by.as_str(), models: names })
}

/// The models asked for, in the order asked for.
fn models(asking: &mut Asking<'_>) -> Vec<Model> {
    let Some(list) = asking.one("models") else { return USUAL.to_vec() };
    let mut models = Vec::new();
    for name in list.split(',') {
        match Model::named(name) {
            Some(model) if !models.contains(&model) => models.push(model),
            Some(_) => asking.fault("models", "repeated", format!("models names {name} twice")),
            None => {
                let hint = instead(name, &Model::ALL.map(Model::name));
                let detail = format!("{} is not a model: {hint}", quoted(name));
                asking.faults.push(Fault::new("models", "unknown_model", detail));
            }
        }
    }
    models
}

/// What each distinct path brought.
fn brought(pieces: &[Piece], site: &Site) -> Vec<Brought> {
    let mut by_path: BTreeMap<&String, Counts> = BTreeMap::new();
    for (values, row) in pieces.iter().flat_map(|piece| piece.rows.iter()) {
        if let Some(path) = values.first() {
            by_path.entry(path).or_default().add(&row.counts);
        }
    }
    let step = |Stop { place, direct, days }: Stop| Step { place, direct, days };
    by_path
        .into_iter()
        .map(|(path, counts)| Brought {
            steps: read_path(path).into_iter().map(step).collect(),
            totals: totals(counts, site),
        })
        .collect()
}

fn money(metric: Metric, totals: &Totals) -> i128 {
    // None of the metrics asked for is a quotient, so each has a value.
    metric.value(totals).map_or(0, Decimal::millionths)
}

fn shown_whole(totals: &Totals) -> Shown {
    let of = |metric| Decimal::from_millionths(money(metric, totals));
    Shown {
        conversions: of(Metric::Conversions),
        gross_revenue: of(Metric::GrossRevenue),
        refunded: of(Metric::Refunded),
        revenue: of(Metric::Revenue),
    }
}

/// The credits of a model that divides each path.
///
/// Gross and refunded are each divided by themselves, and revenue is what is left: so all three add up.
fn by_path(model: Model, divided: &[Paths<'_>; 3]) -> Result<BTreeMap<String, Shown>, Problem> {
    let [results, gross, refunded] = divided;
    let (results, gross, refunded) =
        (credits(model, results)?, credits(model, gross)?, credits(model, refunded)?);
    let shown = |(place, Credit { results, .. }): (&str, Credit)| {
        let of = |credits: &Credits<&str>| credits.get(place).map_or(0, |credit| credit.revenue);
        let shown = Shown {
            conversions: Decimal::from_millionths(results),
            gross_revenue: Decimal::from_millionths(of(&gross)),
            refunded: Decimal::from_millionths(of(&refunded)),
            revenue: Decimal::from_millionths(of(&gross) - of(&refunded)),
        };
        (place.to_owned(), shown)
    };
    Ok(results.into_iter().map(shown).collect())
}

fn credits<'a>(model: Model, paths: &Paths<'a>) -> Result<Credits<&'a str>, Problem> {
    credit(model, paths).map_err(|error| {
        let detail = format!("{error}. Ask for a shorter period, or for by=channel.");
        Problem::new(ProblemKind::Invalid, detail)
    })
}

/// The paths of a period, with what of one metric each brought.
type Paths<'a> = Vec<Path<&'a str>>;

fn paths(metric: Metric, brought: &[Brought]) -> Paths<'_> {
    brought
        .iter()
        .map(|Brought { steps, totals }| Path {
            steps: steps.iter().map(borrowed).collect(),
            results: carriers(metric, totals),
            revenue: money(metric, totals),
            losses: 0,
        })
        .collect()
}

fn borrowed(step: &Step<String>) -> Step<&str> {
    Step { place: &step.place, direct: step.direct, days: step.days }
}

/// How many events of a path carried what is divided: a model that looks at all paths walks with those alone.
fn carriers(metric: Metric, totals: &Totals) -> u64 {
    let counts = &totals.counts;
    match metric {
        Metric::GrossRevenue => counts.sales + counts.subscriptions,
        Metric::Refunded => counts.refunds,
        _ => totals.conversions,
    }
}

/// The credits that were divided by age when the results were counted: counts in millionths.
fn by_age(pieces: &[Piece], site: &Site) -> BTreeMap<String, Shown> {
    let mut places: BTreeMap<String, Counts> = BTreeMap::new();
    for (values, row) in pieces.iter().flat_map(|piece| piece.rows.iter()) {
        if let Some(place) = values.first() {
            places.entry(place.clone()).or_default().add(&row.counts);
        }
    }
    let shown = |(place, counts): (String, Counts)| {
        let totals = totals(counts, site);
        let millionths = Decimal::from_millionths(i128::from(totals.conversions));
        (place, Shown { conversions: millionths, ..shown_whole(&totals) })
    };
    places.into_iter().map(shown).collect()
}

/// What every place is credited with, by model.
type ByModel = BTreeMap<&'static str, BTreeMap<String, Shown>>;

/// The rows, by what the first model credits, highest first; rows folded for their number come last.
fn rows(by: Place, models: &[Model], credits: &mut ByModel, folded: &mut u64) -> Vec<Row> {
    let mut sorted = sorted(models, credits);
    if sorted.len() > MOST_ROWS {
        // One row is kept free for `(other)`, so that the sums stay exact.
        for place in sorted.split_off(MOST_ROWS - 1).into_iter().filter(|place| place != OTHER) {
            *folded += 1;
            for places in credits.values_mut() {
                let part = places.remove(&place).unwrap_or_default();
                places.entry(OTHER.to_owned()).or_default().add(part);
            }
        }
        sorted.push(OTHER.to_owned());
    }
    let of = |model: &Model, place: &String| {
        credits.get(model.name()).and_then(|places| places.get(place)).copied().unwrap_or_default()
    };
    let pairs = || {
        let (first, others) = models.split_first().into_iter().next()?;
        Some(others.iter().map(move |other| (first, other)))
    };
    sorted
        .into_iter()
        .map(|place| Row {
            credit: models.iter().map(|model| (model.name(), of(model, &place))).collect(),
            moved: pairs()
                .into_iter()
                .flatten()
                .map(|(first, other)| {
                    let moved = of(other, &place).minus(of(first, &place));
                    (format!("{}_to_{}", first.name(), other.name()), moved)
                })
                .collect(),
            place: BTreeMap::from([(by.as_str(), place)]),
        })
        .collect()
}

/// Every place, by what the first model credits it with; what was folded comes last.
fn sorted(models: &[Model], credits: &ByModel) -> Vec<String> {
    let places: BTreeSet<&String> = credits.values().flat_map(BTreeMap::keys).collect();
    let mut sorted: Vec<String> = places.into_iter().cloned().collect();
    let first = models.first().and_then(|model| credits.get(model.name()));
    sorted.sort_by_cached_key(|place| {
        let credit = first.and_then(|places| places.get(place)).copied().unwrap_or_default();
        (
            place == OTHER,
            Reverse((credit.revenue.millionths(), credit.conversions.millionths())),
            place.clone(),
        )
    });
    sorted
}

/// A whole result, in the unit of credits.
const _: () = assert!(MICROS == Decimal::SCALE, "credits and decimals have the same unit");
