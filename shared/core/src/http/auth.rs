//! Keys: who calls, for which site, and what they may do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::app::App;
use super::problem::{Problem, ProblemKind};
use crate::domain::site::Site;
use crate::guard::{Guard, stands};
use crate::store::{ApiKey, Role};

/// Whoever sent a request with the key of a site.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key.
    pub key: ApiKey,
    /// The site that it opens.
    pub site: Arc<Site>,
}

/// Whoever sent a request with the operator's own key, which makes sites.
#[derive(Clone, Copy, Debug)]
pub struct Operator;

/// The longest secret that is looked at.
const LONGEST_SECRET: usize = 200;

impl App {
    /// Forgets the keys, sites and links seen lately, after a change of one.
    pub fn forget_keys(&self) {
        self.keys.clear();
        self.links.clear();
    }
}

impl Caller {
    /// Holds the caller to a role. An admin key may do everything of its site, a write key what a publish key may.
    pub fn require(&self, role: Role) -> Result<(), Problem> {
        let held = self.key.role;
        if !stands(Guard::RoleHeld)
            || held == role
            || held == Role::Admin
            || (held == Role::Write && role == Role::Publish)
        {
            return Ok(());
        }
        let or_write = if role == Role::Publish { " (of a page) or write (of a server)" } else { "" };
        let detail =
            format!("This needs a key of the role {}{or_write}; yours is {}.", role.as_str(), held.as_str());
        Err(Problem::new(ProblemKind::Forbidden, detail))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(app, secret_in(parts).as_deref()).await
    }
}

impl Caller {
    /// Whoever sent a request to a route that needs no key: nobody, where none was sent; one that is wrong is refused.
    pub async fn if_any(app: &App, parts: &Parts) -> Result<Option<Self>, Problem> {
        let secret = secret_in(parts);
        if secret.is_none() && !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        Self::of(app, secret.as_deref()).await.map(Some)
    }

    /// Whoever has a secret, wherever it was sent.
    pub async fn of(app: &App, secret: Option<&str>) -> Result<Self, Problem> {
        let sha256 = sha256_hex(worth_asking(secret)?);
        let now = app.clock.now();
        let caller = match app.keys.get(&sha256, now) {
            Some(caller) => caller,
            None => look_up(app, &sha256, now).await?,
        };
        if caller.key.expires_at.is_some_and(|end| end <= now) && stands(Guard::KeyExpiry) {
            return Err(Problem::new(
                ProblemKind::NoKey,
                "The key has expired. Make a new one with POST /v1/keys.",
            ));
        }
        Ok(caller)
    }
}

async fn look_up(app: &App, sha256: &str, now: DateTime<Utc>) -> Result<Caller, Problem> {
    let unknown = || {
        let detail = if is_operators(app, sha256) {
            "This is the operator's key, which makes sites and opens none. Use a key of the site: POST /v1/sites answers \
             with its first."
        } else {
            "The key is not known. It may have been revoked."
        };
        Problem::new(ProblemKind::NoKey, detail)
    };
    let key = app.store.key(sha256).await?.ok_or_else(unknown)?;
    let site = app.store.site(&key.site).await?.ok_or_else(unknown)?;
    let caller = Caller { key, site: Arc::new(site) };
    app.keys.put(sha256, &caller, now);
    Ok(caller)
}

impl FromRequestParts<App> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let sha256 = sha256_hex(worth_asking(secret_in(parts).as_deref())?);
        if !is_operators(app, &sha256) && stands(Guard::OperatorHeld) {
            return Err(Problem::new(ProblemKind::Forbidden, "This needs the operator's key."));
        }
        Ok(Self)
    }
}

/// Whether a secret of this hash is the operator's. Where none is configured, nobody's is.
fn is_operators(app: &App, sha256: &str) -> bool {
    let expected = app.config.operator_key_sha256.as_deref().unwrap_or_default();
    !expected.is_empty() && bool::from(sha256.as_bytes().ct_eq(expected.as_bytes()))
}

/// The secret that a request carries: as a bearer token, as the user's name of basic authentication, whose password
/// nobody looks at, or as `?key=` where no header can be sent.
pub fn secret_in(parts: &Parts) -> Option<String> {
    let in_query = || {
        let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        pairs.into_owned().find(|(name, _)| name == "key").map(|(_, value)| value)
    };
    in_header(&parts.headers).or_else(in_query)
}

/// A secret that is worth looking up.
fn worth_asking(secret: Option<&str>) -> Result<&str, Problem> {
    secret.filter(|secret| !secret.is_empty() && secret.len() <= LONGEST_SECRET).ok_or_else(|| {
        Problem::new(
            ProblemKind::NoKey,
            "Send a key: Authorization: Bearer rk_..., or ?key=rk_... in the address.",
        )
    })
}

fn in_header(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(credentials.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") || credentials.len() > LONGEST_SECRET * 2 {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    // Another name is for a proxy on the way.
    decoded.split_once(':').map(|(name, _)| name.to_owned()).filter(|name| name.starts_with("rk_"))
}

/// The SHA-256 of some bytes, in hex: the form in which keys are stored and compared.
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A new secret of 192 random bits behind a prefix that scanners recognise, such as `rk_write_...`.
pub fn new_secret(prefix: &str) -> Result<String, Problem> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no randomness");
        Problem::new(ProblemKind::Internal, "The request could not be carried out.")
    })?;
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
}
