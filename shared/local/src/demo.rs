//! The demo site: made at the first start, its keys kept in a file that only its owner can read.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use manage::{NewSite, create_site, make_key};
use reckon_core::domain::names::SiteId;
use reckon_core::http::{App, Problem, new_secret};
use reckon_core::store::Role;
use serde::{Deserialize, Serialize};

/// The demo site's id.
pub const SITE: &str = "demo";

/// The secrets of the demo site.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Keys {
    /// Makes further sites.
    pub operator: String,
    /// Sends events from pages of `http://localhost:8080`.
    pub publish: String,
    /// Sends events from servers and files.
    pub write: String,
    /// Reads reports.
    pub read: String,
    /// Does everything of the demo site.
    pub admin: String,
}

/// Why the demo site has no keys.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The file of keys could not be read or written.
    #[error("the file of keys, {path}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file of keys is damaged.
    #[error("{0} holds no keys; delete the data folder to begin anew")]
    Damaged(String),
    /// The site could not be made.
    #[error("the demo site could not be made: {0}")]
    Refused(Problem),
}

/// Keys whose site is not made yet: only the operator's.
fn begin() -> Result<Keys, DemoError> {
    let none = String::new;
    let operator = new_secret("rk_operator_").map_err(DemoError::Refused)?;
    Ok(Keys { operator, publish: none(), write: none(), read: none(), admin: none() })
}

/// Reads the keys that an earlier start has kept, if any.
pub fn read(file: &Path) -> Result<Option<Keys>, DemoError> {
    let path = file.display().to_string();
    match std::fs::read_to_string(file) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|_| DemoError::Damaged(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DemoError::File { path, source }),
    }
}

/// The operator's key of this data folder, kept or made now.
pub fn operator(file: &Path) -> Result<Keys, DemoError> {
    if let Some(keys) = read(file)? {
        return Ok(keys);
    }
    let keys = begin()?;
    keep(file, &keys)?;
    Ok(keys)
}

/// Completes the keys: makes the demo site where it is not there yet.
pub async fn complete(app: &App, mut keys: Keys, file: &Path, origin: &str) -> Result<Keys, DemoError> {
    if !keys.admin.is_empty() {
        return Ok(keys);
    }
    let id = SiteId::parse(SITE).map_err(|_| DemoError::Damaged(SITE.to_owned()))?;
    let refused = DemoError::Refused;
    if app.store.site(&id).await.map_err(|error| refused(error.into()))?.is_none() {
        let new = NewSite {
            id: SITE.to_owned(),
            name: "Demo".to_owned(),
            time_zone: "UTC".to_owned(),
            currency: "USD".to_owned(),
            conversion_kinds: None,
            acquisition_kinds: None,
            origins: vec![origin.to_owned()],
        };
        create_site(app, &new).await.map_err(refused)?;
    }
    let make = async |role, name| {
        make_key(app, &id, role, name, None).await.map(|made| made.secret).map_err(refused)
    };
    keys.publish = make(Role::Publish, "demo publish").await?;
    keys.write = make(Role::Write, "demo write").await?;
    keys.read = make(Role::Read, "demo read").await?;
    keys.admin = make(Role::Admin, "demo admin").await?;
    keep(file, &keys)?;
    Ok(keys)
}

/// Writes the keys where only their owner can read them, whole or not at all.
fn keep(file: &Path, keys: &Keys) -> Result<(), DemoError> {
    let failed = |source| DemoError::File { path: file.display().to_string(), source };
    let new = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut handle = options.open(&new).map_err(failed)?;
    let json = serde_json::to_string_pretty(keys).unwrap_or_default();
    handle.write_all(json.as_bytes()).and_then(|()| handle.sync_all()).map_err(failed)?;
    std::fs::rename(&new, file).map_err(failed)
}
