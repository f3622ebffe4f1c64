//! API keys: making, listing and revoking them. A secret is shown once.

use axum::Json;
use axum::extract::State as Held;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, CLASHING, Formed, KEYED, May, Path, SENT};
use reckon_core::domain::names::{Label, SiteId};
use reckon_core::http::{
    App, Body, Caller, Fault, Id, NoParameters, Problem, ProblemKind, Query, new_secret, sha256_hex,
};
use reckon_core::render::{Form, Layout, PARAMETERS};
use reckon_core::store::{ApiKey, Role};
use serde::{Deserialize, Serialize};

use crate::new_id;

/// A key as its maker describes it.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// What it may do.
    role: Role,
    /// Its name for people, such as who has it.
    #[serde(default)]
    name: String,
    /// When it ceases to open the site; never where it is left out.
    #[serde(default, deserialize_with = "reckon_core::http::optional_time")]
    expires_at: Option<DateTime<Utc>>,
}

/// A key that was made just now: the only time that its secret is shown.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = MadeKey))]
pub struct Made {
    /// Its id.
    pub id: String,
    /// What it may do.
    pub role: Role,
    /// What to send as the bearer token.
    pub secret: String,
}

/// A key as it is listed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Key))]
struct Listed {
    /// Its id, by which it is revoked.
    id: String,
    /// What it may do.
    role: Role,
    /// Its name for people.
    name: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it ceases to open the site; never where it is null.
    expires_at: Option<DateTime<Utc>>,
    /// Whether that time has come.
    expired: bool,
}

/// The keys of a site.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Keys))]
struct List {
    /// Every key that is not revoked. Secrets are not kept, so none is here.
    keys: Vec<Listed>,
    /// The cursor of the next page; null, since all keys are here.
    next: Option<String>,
    /// Whether nothing follows.
    complete: bool,
}

/// The columns of flat formats.
const COLUMNS: [&str; 6] = ["id", "role", "name", "created_at", "expires_at", "expired"];
/// The most keys of a site.
const MOST_KEYS: usize = 500;

/// Makes and stores a key.
pub async fn make(
    app: &App,
    site: &SiteId,
    role: Role,
    name: &str,
    expires_at: Option<DateTime<Utc>>,
) -> Result<Made, Problem> {
    let secret = new_secret(&format!("rk_{}_", role.as_str()))?;
    let key = ApiKey {
        id: new_id("k"),
        site: site.clone(),
        role,
        name: name.to_owned(),
        created_at: app.clock.now(),
        expires_at,
        sha256: sha256_hex(&secret),
    };
    app.store.put_key(&key).await?;
    Ok(Made { id: key.id, role, secret })
}

/// `POST /v1/keys`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        post,
        path = "/v1/keys",
        tag = "Site and keys",
        operation_id = "make_key",
        summary = "Make a key",
        description = "The secret is shown this once; the table has its hash alone. A site has at most 500 keys.",
        security(("bearer" = ["admin"])),
        request_body(content = NewKey, example = json!({
            "role": "read",
            "name": "Superset",
            "expires_at": "2027-11-23T00:00:00Z"
        })),
        responses(
            (status = 201, description = "The key and its secret", body = Made),
            May<{ KEYED | SENT | CLASHING }>
        )
    )
)]
pub(crate) async fn post_key(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Body(new): Body<NewKey>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let mut faults = Vec::new();
    if !new.name.is_empty()
        && let Err(error) = Label::parse(&new.name)
    {
        faults.push(Fault::new("/name", "invalid_text", format!("name {error}")));
    }
    if new.expires_at.is_some_and(|end| end <= app.clock.now()) {
        faults.push(Fault::new("/expires_at", "past", "expires_at lies in the past"));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    if app.store.keys(&caller.site.id).await?.len() >= MOST_KEYS {
        let detail = format!("A site has at most {MOST_KEYS} keys. Revoke some that are not used.");
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    let made = make(&app, &caller.site.id, new.role, &new.name, new.expires_at).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// `GET /v1/keys`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/keys",
        tag = "Site and keys",
        operation_id = "list_keys",
        summary = "List the keys",
        params(Formed),
        security(("bearer" = ["admin"])),
        responses((status = 200, description = "All keys of the site", body = List), May<{ KEYED | ASKED }>)
    )
)]
pub(crate) async fn list(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    query.knows(&PARAMETERS)?;
    let now = app.clock.now();
    let listed = |key: ApiKey| Listed {
        expired: key.expires_at.is_some_and(|end| end <= now),
        id: key.id,
        role: key.role,
        name: key.name,
        created_at: key.created_at,
        expires_at: key.expires_at,
    };
    let keys = app.store.keys(&caller.site.id).await?.into_iter().map(listed).collect();
    let list = List { keys, next: None, complete: true };
    form.show(Some(&caller), &Layout::list("keys", &COLUMNS), &list)
}

/// `DELETE /v1/keys/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        delete,
        path = "/v1/keys/{id}",
        tag = "Site and keys",
        operation_id = "revoke_key",
        summary = "Revoke a key",
        description = "It opens nothing within a minute. The last admin key stays, else nobody could make another.",
        params(Path),
        security(("bearer" = ["admin"])),
        responses((status = 204, description = "It is revoked"), May<{ KEYED | ABSENT | CLASHING | ASKED }>)
    )
)]
pub(crate) async fn revoke(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let keys = app.store.keys(&caller.site.id).await?;
    let now = app.clock.now();
    let opens = |key: &ApiKey| key.role == Role::Admin && key.expires_at.is_none_or(|end| end > now);
    let admins = keys.iter().filter(|key| opens(key)).count();
    let key = keys.iter().find(|key| key.id == id).ok_or_else(|| Problem::not_found("key"))?;
    if opens(key) && admins == 1 {
        let detail = "This is the last admin key of the site. Make another first, else nobody could.";
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    app.store.revoke(key).await?;
    app.forget_keys();
    Ok(StatusCode::NO_CONTENT.into_response())
}
