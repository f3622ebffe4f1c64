//! Reading what a campaign cost: where, on which day of the site, how much; and everything that is wrong with it.

use chrono::{Datelike, NaiveDate};
use reckon_core::domain::calendar::Minute;
#[cfg(feature = "contract")]
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::{Decimal, Money};
use reckon_core::domain::names::Label;
use reckon_core::domain::site::Site;
use reckon_core::domain::spend::{Figures, Place};
use reckon_core::domain::words::quoted;
use reckon_core::http::{App, Fault, day_of};
use reckon_core::store::StoreError;
use serde::Deserialize;
use serde_json::value::RawValue;
#[cfg(feature = "contract")]
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema};

use crate::{channel_of, noted};

/// The first year that events are accepted of.
const FIRST_YEAR: i32 = 1990;
/// The most impressions or clicks of an entry: what one event may count.
const MOST: u32 = 1_000_000_000;

/// What a campaign cost on a day, as its sender writes it; in a path some of it stands there.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = SpendEntry))]
#[serde(deny_unknown_fields, default)]
pub(super) struct Entry {
    /// The channel that was paid for.
    #[cfg_attr(feature = "contract", schema(value_type = Channel, required = true))]
    pub(super) channel: String,
    /// The campaign.
    pub(super) campaign: Option<String>,
    /// The day, by the site's calendar.
    #[cfg_attr(feature = "contract", schema(value_type = NaiveDate, required = true))]
    pub(super) date: String,
    #[cfg_attr(feature = "contract", schema(schema_with = spend_schema, required = true))]
    pub(super) spend: Option<Box<RawValue>>,
    /// The site's own currency, as a check.
    pub(super) currency: Option<String>,
    /// How often its ads were shown, 0 to 1000000000.
    #[cfg_attr(feature = "contract", schema(maximum = 1_000_000_000, default = 0))]
    pub(super) impressions: u32,
    /// How often they were clicked, 0 to 1000000000.
    #[cfg_attr(feature = "contract", schema(maximum = 1_000_000_000, default = 0))]
    pub(super) clicks: u32,
    /// The platform that was paid, such as `google`.
    pub(super) source: Option<String>,
    /// By what means, such as `cpc`.
    pub(super) medium: Option<String>,
}

/// What is to stand of a place and day; nothing where it is to be withdrawn.
pub(super) struct Wanted {
    pub(super) place: Place,
    pub(super) date: NaiveDate,
    pub(super) figures: Option<Figures>,
}

/// Reads entries for one site at one moment.
pub(super) struct Reader<'a> {
    site: &'a Site,
    /// The site's day now.
    today: NaiveDate,
    /// The first minute whose raw events are kept.
    kept_from: Option<Minute>,
}

impl<'a> Reader<'a> {
    pub(super) async fn new(app: &App, site: &'a Site) -> Result<Self, StoreError> {
        let now = app.clock.now();
        let today = site.calendar().date_of(Minute::of(now));
        Ok(Self { site, today, kept_from: app.store.kept_from(site, app.config.kept_from(now)).await? })
    }

    /// A place and day, or everything that is wrong with it. `at` is what the pointers of the three that may stand in a
    /// path begin with.
    pub(super) fn place(
        &self,
        at: &str,
        (channel, campaign, date): (&str, Option<&str>, &str),
        source: Result<Option<Label>, Fault>,
        faults: &mut Vec<Fault>,
    ) -> Option<(Place, NaiveDate)> {
        let channel = noted(channel_of(channel, &format!("{at}channel")), faults);
        let campaign = noted(label(campaign, at, "campaign"), faults);
        let source = noted(source, faults);
        let date = noted(self.date(date, &format!("{at}date")), faults);
        Some((Place { channel: channel?, source: source?, campaign: campaign? }, date?))
    }

    fn date(&self, text: &str, pointer: &str) -> Result<NaiveDate, Fault> {
        let fault = |code, detail| Err(Fault::new(pointer, code, detail));
        let date = day_of(pointer, "date", text)?;
        let calendar = self.site.calendar();
        if date > self.today {
            let Self { today, site, .. } = self;
            let detail =
                format!("{date} has not begun: in the site's time zone, {}, it is {today}", site.time_zone);
            return fault("time_out_of_range", detail);
        }
        let first = self.kept_from.filter(|kept| calendar.start_of_date(date) < *kept);
        if first.is_some() || date.year() < FIRST_YEAR {
            let from = first.map_or_else(
                || format!("{FIRST_YEAR}-01-01"),
                |kept| calendar.date_of(kept.plus(24 * 60 - 1)).to_string(),
            );
            return fault(
                "time_out_of_range",
                format!("{date} lies before {from}, the earliest day accepted"),
            );
        }
        if calendar.hours_of(date).is_empty() {
            let detail = format!("the site's time zone, {}, skipped {date}", self.site.time_zone);
            return fault("invalid_date", detail);
        }
        Ok(date)
    }

    /// An entry, or everything that is wrong with it. `at` is what its pointers begin with, and `named_at` those of what
    /// may stand in a path.
    pub(super) fn read(&self, entry: &Entry, named_at: &str, at: &str) -> Result<Wanted, Vec<Fault>> {
        let mut faults = Vec::new();
        let named = (entry.channel.as_str(), entry.campaign.as_deref(), entry.date.as_str());
        let source = label(entry.source.as_deref(), at, "source");
        let place = self.place(named_at, named, source, &mut faults);
        let texts = [
            (named_at, "campaign", &entry.campaign),
            (at, "source", &entry.source),
            (at, "medium", &entry.medium),
        ];
        for (at, name, text) in texts {
            if text.as_deref().is_some_and(|text| !text.is_empty() && text.trim().is_empty()) {
                let detail = format!("{name} must not be blank");
                faults.push(Fault::new(format!("{at}{name}"), "invalid_text", detail));
            }
        }
        let medium = noted(label(entry.medium.as_deref(), at, "medium"), &mut faults);
        let spend = noted(amount(entry.spend.as_deref(), &format!("{at}spend")), &mut faults);
        for (name, count) in [("impressions", entry.impressions), ("clicks", entry.clicks)] {
            if count > MOST {
                let detail = format!("{name} must be a whole number from 0 to {MOST}");
                faults.push(Fault::new(format!("{at}{name}"), "invalid_number", detail));
            }
        }
        if let Some(currency) = entry.currency.as_deref().filter(|code| *code != self.site.currency.as_str())
        {
            let (sent, own) = (quoted(currency), &self.site.currency);
            let detail = format!(
                "currency is {sent}, but this site reports in {own}; convert it, nothing is converted here"
            );
            faults.push(Fault::new(format!("{at}currency"), "currency_mismatch", detail));
        }
        match (place, medium, spend) {
            (Some((place, date)), Some(medium), Some(spend)) if faults.is_empty() => {
                let Entry { impressions, clicks, .. } = *entry;
                let figures = Some(Figures { spend, impressions, clicks, medium });
                Ok(Wanted { place, date, figures })
            }
            _ => Err(faults),
        }
    }
}

/// A label of a field, or a fault that names it.
pub(super) fn label(text: Option<&str>, at: &str, name: &str) -> Result<Option<Label>, Fault> {
    let parsed = text.map(Label::parse).transpose();
    parsed.map_err(|error| Fault::new(format!("{at}{name}"), "invalid_text", format!("{name} {error}")))
}

/// The schema of an amount as it is sent.
#[cfg(feature = "contract")]
pub(super) fn spend_schema() -> RefOr<Schema> {
    let kinds = schema::SchemaType::from_iter([schema::Type::String, schema::Type::Number]);
    let amount = ObjectBuilder::new().schema_type(kinds).description(Some(
        "What the day cost in all, in the site's currency: 0 to 1000000000, with at most six decimals, as a text or as \
         a number.",
    ));
    RefOr::T(Schema::Object(amount.build()))
}

/// An amount, as a number or as a text, read without floats.
fn amount(raw: Option<&RawValue>, pointer: &str) -> Result<Money, Fault> {
    let fault = |code, detail: String| Err(Fault::new(pointer, code, detail));
    let Some(raw) = raw else {
        return fault("missing_value", "spend is missing: the amount, such as \"12.50\"".to_owned());
    };
    let text = serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
    match Decimal::parse(&text) {
        Ok(amount) if amount.is_negative() => {
            fault("negative_value", "spend must not be negative; tell what the day cost in all".to_owned())
        }
        Ok(amount) if amount > Money::MAX_OF_EVENT => {
            fault("value_too_large", "spend must be at most 1000000000".to_owned())
        }
        Ok(amount) => Ok(amount),
        Err(error) => fault("invalid_number", format!("spend {error}")),
    }
}
