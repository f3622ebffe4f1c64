//! API keys: making, listing and revoking them. A secret is shown once.

use axum::Json;
use axum::extract::State as Held;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use reckon_core::domain::names::{Label, SiteId};
use reckon_core::http::{App, Body, Caller, Fault, Id, Problem, ProblemKind, Query, new_secret, sha256_hex};
use reckon_core::render::{Form, Layout, PARAMETERS};
use reckon_core::store::{ApiKey, Role};
use serde::{Deserialize, Serialize};

use crate::new_id;

/// A key as its maker describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    role: Role,
    #[serde(default)]
    name: String,
    expires_at: Option<DateTime<Utc>>,
}

/// A key that was made just now: the only time that its secret is shown.
#[derive(Clone, Debug, Serialize)]
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
struct Listed {
    id: String,
    role: Role,
    name: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    expired: bool,
}

#[derive(Debug, Serialize)]
struct List {
    keys: Vec<Listed>,
    next: Option<String>,
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
pub(crate) async fn post_key(
    Held(app): Held<App>,
    caller: Caller,
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
pub(crate) async fn revoke(Held(app): Held<App>, caller: Caller, Id(id): Id) -> Result<Response, Problem> {
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
