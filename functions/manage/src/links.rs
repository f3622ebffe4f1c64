//! Tracking links: making, listing, reading, renaming and putting them away. Where one leads never changes.

use axum::Json;
use axum::extract::State as Held;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, CLASHING, Formed, KEYED, May, Paged, Path, SENT};
use reckon_core::domain::channel::Channel;
use reckon_core::domain::event::Utm;
use reckon_core::domain::link::{Link, Slug, parse_destination};
use reckon_core::domain::names::Label;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Body, Caller, Fault, Id, NoParameters, Problem, ProblemKind, Query};
use reckon_core::render::{Form, Layout, PARAMETERS};
use reckon_core::store::Role;
use serde::{Deserialize, Serialize};

use crate::{channel_of, noted};

/// The links of a page, unless it is asked for fewer, and the most.
const MOST_LINKS: usize = 500;
/// The columns of flat formats.
const COLUMNS: [&str; 15] = [
    "slug",
    "path",
    "name",
    "destination",
    "leads_to",
    "channel",
    "partner",
    "offer",
    "utm.source",
    "utm.medium",
    "utm.campaign",
    "utm.content",
    "utm.term",
    "created_at",
    "archived",
];
/// How often a slug is made up before somebody else's bad luck is told.
const TRIES: usize = 4;

/// A link as its maker describes it.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NewLink {
    /// What stands behind `/r/`: 1 to 64 of a to z, 0 to 9, `-` and `_`; made up where it is left out.
    slug: Option<String>,
    /// Its name for people.
    name: Option<String>,
    /// Where it leads: an http or https address without a password.
    #[cfg_attr(feature = "contract", schema(required = true))]
    destination: String,
    /// The channel of its clicks; what its utm say where it is left out.
    #[cfg_attr(feature = "contract", schema(value_type = Option<Channel>))]
    channel: Option<String>,
    /// The campaign, where utm names none.
    campaign: Option<String>,
    /// The partner who is to be paid.
    partner: Option<String>,
    /// The partner's offer.
    offer: Option<String>,
    /// What the destination is told of where its visitor came from.
    utm: NewUtm,
}

/// Where visitors of a new link come from.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema, Serialize))]
#[serde(deny_unknown_fields, default)]
struct NewUtm {
    /// The site or list.
    source: Option<String>,
    /// By what means.
    medium: Option<String>,
    /// The campaign.
    campaign: Option<String>,
    /// Which of several ads or links.
    content: Option<String>,
    /// The search words.
    term: Option<String>,
}

/// What may change of a link.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = LinkPatch))]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    /// Its new name for people.
    name: Option<String>,
    /// Whether it is put away: it leads on and counts, and is listed no more.
    archived: Option<bool>,
}

/// A link as it is shown.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Link))]
struct Shown<'a> {
    /// What stands behind `/r/`.
    slug: &'a str,
    /// What stands behind the API's address.
    path: String,
    /// Its name for people.
    name: Option<&'a str>,
    /// The address that it was made with.
    destination: &'a str,
    /// Where a click leads, but for its own id.
    leads_to: Option<String>,
    /// The channel of its clicks.
    channel: Channel,
    /// The partner who is to be paid.
    partner: Option<&'a str>,
    /// The partner's offer.
    offer: Option<&'a str>,
    /// Where its visitors come from.
    utm: ShownUtm<'a>,
    /// When it was made.
    created_at: String,
    /// Whether it is put away.
    archived: bool,
}

/// Where visitors of a link come from.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Utm))]
struct ShownUtm<'a> {
    /// The site or list.
    source: Option<&'a str>,
    /// By what means.
    medium: Option<&'a str>,
    /// The campaign.
    campaign: Option<&'a str>,
    /// Which of several ads or links.
    content: Option<&'a str>,
    /// The search words.
    term: Option<&'a str>,
}

/// The links of a site.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Links))]
struct List<'a> {
    /// The links, by their slugs.
    links: Vec<Shown<'a>>,
    /// The cursor of the next page; null where nothing follows.
    next: Option<String>,
    /// Whether nothing follows.
    complete: bool,
}

impl<'a> Shown<'a> {
    fn new(link: &'a Link, site: &Site) -> Self {
        fn text(label: Option<&Label>) -> Option<&str> {
            label.map(Label::as_str)
        }
        let Utm { source, medium, campaign, content, term } = &link.utm;
        Self {
            slug: link.slug.as_str(),
            path: format!("/r/{}", link.slug.as_str()),
            name: text(link.name.as_ref()),
            destination: &link.destination,
            leads_to: link.address(None),
            channel: link.origin(&site.channel_rules).channel,
            partner: text(link.partner.as_ref()),
            offer: text(link.offer.as_ref()),
            utm: ShownUtm {
                source: text(source.as_ref()),
                medium: text(medium.as_ref()),
                campaign: text(campaign.as_ref()),
                content: text(content.as_ref()),
                term: text(term.as_ref()),
            },
            created_at: link.created_at.to_rfc3339(),
            archived: link.archived,
        }
    }
}

/// A label of a field, or a fault that names it.
fn label(text: Option<&String>, pointer: &str) -> Result<Option<Label>, Fault> {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let parsed = text.map(|text| Label::parse(text)).transpose();
    parsed.map_err(|error| Fault::new(pointer, "invalid_text", format!("{name} {error}")))
}

impl NewLink {
    /// The link, or everything that is wrong with it.
    fn parse(&self, app: &App, caller: &Caller) -> Result<Link, Problem> {
        let mut faults = Vec::new();
        let slug = match &self.slug {
            None => Ok(made_up()),
            Some(text) => Slug::parse(text)
                .map_err(|error| Fault::new("/slug", "invalid_text", format!("slug {error}"))),
        };
        let slug = noted(slug, &mut faults);
        if parse_destination(&self.destination).is_none() {
            let detail = "destination must be an http or https address such as https://shop.example/spring, without a password";
            faults.push(Fault::new("/destination", "invalid_url", detail));
        }
        let channel = self.channel.as_deref().map(|name| channel_of(name, "/channel"));
        let channel = noted(channel.transpose(), &mut faults).flatten();
        let mut field = |text: &Option<String>, pointer: &str| {
            noted(label(text.as_ref(), pointer), &mut faults).flatten()
        };
        let name = field(&self.name, "/name");
        let (partner, offer) = (field(&self.partner, "/partner"), field(&self.offer, "/offer"));
        let campaign = field(&self.campaign, "/campaign");
        let utm = Utm {
            source: field(&self.utm.source, "/utm/source"),
            medium: field(&self.utm.medium, "/utm/medium"),
            campaign: field(&self.utm.campaign, "/utm/campaign").or(campaign),
            content: field(&self.utm.content, "/utm/content"),
            term: field(&self.utm.term, "/utm/term"),
        };
        match slug {
            Some(slug) if faults.is_empty() => Ok(Link {
                slug,
                site: caller.site.id.clone(),
                name,
                destination: self.destination.clone(),
                channel,
                partner,
                offer,
                utm,
                created_at: app.clock.now(),
                archived: false,
            }
            .with_defaults()),
            _ => Err(Problem::invalid(faults)),
        }
    }
}

/// A slug that nobody chose: the ten last letters of a ULID, which are 50 random bits.
fn made_up() -> Slug {
    let letters = ulid::Ulid::new().to_string().to_ascii_lowercase();
    let last = letters.get(16..).unwrap_or(&letters);
    Slug::parse(last).unwrap_or_else(|_| unreachable!("the letters of a ULID are those of a slug"))
}

/// `POST /v1/links`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        post,
        path = "/v1/links",
        tag = "Tracking links",
        operation_id = "make_link",
        summary = "Make a tracking link",
        description = "Where it leads never changes, so that nobody can turn a link that is out in the world.",
        security(("bearer" = ["admin"])),
        request_body(content = NewLink, example = json!({
            "slug": "spring",
            "name": "Spring mailing",
            "destination": "https://shop.example/spring",
            "channel": "email",
            "utm": {"source": "newsletter", "medium": "email", "campaign": "spring"}
        })),
        responses((status = 201, description = "The link", body = Shown), May<{ KEYED | SENT | CLASHING }>)
    )
)]
pub(crate) async fn post_link(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Body(new): Body<NewLink>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    for _ in 0..TRIES {
        let link = new.parse(&app, &caller)?;
        if app.store.create_link(&link).await? {
            return Ok((StatusCode::CREATED, Json(Shown::new(&link, &caller.site))).into_response());
        }
        if new.slug.is_some() {
            let detail =
                format!("The slug {:?} is taken. Choose another, or leave it out.", link.slug.as_str());
            let fault = Fault::new("/slug", "slug_taken", detail.clone());
            return Err(Problem::new(ProblemKind::Conflict, detail).with(vec![fault]));
        }
    }
    Err(Problem::new(ProblemKind::Unavailable, "No slug was free. Send the same request again."))
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// What is listed.
    Listing: flag("archived", "Whether links that were put away are listed, too.");
}

/// `GET /v1/links`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/links",
        tag = "Tracking links",
        operation_id = "list_links",
        summary = "List the tracking links",
        params(Listing, Paged<MOST_LINKS, MOST_LINKS>, Formed),
        security(("bearer" = ["read", "admin"])),
        responses((status = 200, description = "A page of links", body = List), May<{ KEYED | ASKED }>)
    )
)]
pub(crate) async fn list(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    let mut faults = Vec::new();
    let known: Vec<&str> = ["archived", "limit", "cursor"].iter().chain(&PARAMETERS).copied().collect();
    query.only(&known, &mut faults);
    let archived = query.flag("archived", &mut faults);
    let limit = query.limit(MOST_LINKS, MOST_LINKS, &mut faults);
    let mut after = None;
    if let Some(cursor) = query.one("cursor", &mut faults) {
        // A link is put away, but never deleted.
        let link = match Slug::parse(cursor) {
            Ok(slug) => app.store.link(&slug).await?.filter(|link| link.site == caller.site.id),
            Err(_) => None,
        };
        after = link.map(|link| link.slug);
        if after.is_none() {
            let detail = "the cursor is none of ours; begin again without it";
            faults.push(Fault::new("cursor", "foreign_cursor", detail));
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let (mut found, mut complete) = (Vec::new(), false);
    while found.len() <= limit && !complete {
        // One more than asked for tells whether there are more.
        let most = i32::try_from(MOST_LINKS + 1).unwrap_or(i32::MAX);
        let page = app.store.links(&caller.site.id, after.as_ref(), most).await?;
        complete = page.len() <= MOST_LINKS;
        after = page.last().map(|link| link.slug.clone());
        found.extend(page.into_iter().filter(|link| archived || !link.archived));
    }
    let complete = complete && found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !complete).map(|link| link.slug.as_str().to_owned());
    let links = found.iter().map(|link| Shown::new(link, &caller.site)).collect();
    form.show(Some(&caller), &Layout::list("links", &COLUMNS), &List { links, next, complete })
}

/// The link of a path, if it is the caller's site's.
async fn own_link(app: &App, caller: &Caller, id: &str) -> Result<Link, Problem> {
    let missing = || Problem::not_found("link");
    let slug = Slug::parse(id).map_err(|_| missing())?;
    let link = app.store.link(&slug).await?;
    link.filter(|link| link.site == caller.site.id).ok_or_else(missing)
}

/// `GET /v1/links/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/links/{id}",
        tag = "Tracking links",
        operation_id = "read_link",
        summary = "Read a tracking link",
        params(Path),
        security(("bearer" = ["read", "admin"])),
        responses((status = 200, description = "The link", body = Shown), May<{ KEYED | ABSENT | ASKED }>)
    )
)]
pub(crate) async fn get_link(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    let link = own_link(&app, &caller, &id).await?;
    Ok(Json(Shown::new(&link, &caller.site)).into_response())
}

/// `PATCH /v1/links/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        patch,
        path = "/v1/links/{id}",
        tag = "Tracking links",
        operation_id = "change_link",
        summary = "Rename a tracking link, or put it away",
        params(Path),
        security(("bearer" = ["admin"])),
        request_body(content = Patch, example = json!({"archived": true})),
        responses((status = 200, description = "The link as it is now", body = Shown), May<{ KEYED | ABSENT | SENT }>)
    )
)]
pub(crate) async fn patch_link(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
    Body(patch): Body<Patch>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let mut link = own_link(&app, &caller, &id).await?;
    if let Some(name) = &patch.name {
        link.name = label(Some(name), "/name").map_err(|fault| Problem::invalid(vec![fault]))?;
    }
    link.archived = patch.archived.unwrap_or(link.archived);
    app.store.put_link(&link).await?;
    app.forget_keys();
    Ok(Json(Shown::new(&link, &caller.site)).into_response())
}
