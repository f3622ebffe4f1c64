//! Query strings: every parameter is known, or the caller is told which are.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::NaiveDate;

use super::body::Fault;
use super::problem::Problem;
use super::when::day_of;
use crate::domain::words::{instead, near, quoted};

/// The parameters of a query string, in order. `key` belongs to authentication and is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

/// A request that says nothing behind its address; one that does is refused, since what it asks would not be done.
#[derive(Clone, Copy, Debug)]
pub struct NoParameters;

impl<S: Sync> FromRequestParts<S> for NoParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::parse(parts.uri.query().unwrap_or_default()).knows(&[]).map(|()| Self)
    }
}

impl Query {
    /// Reads the query of an address. Any text is one.
    pub fn parse(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        Self(pairs.filter(|(name, _)| name != "key").collect())
    }

    /// The query string of these parameters.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// All parameters, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The one value of a parameter; a fault where it is given twice.
    pub fn one<'a>(&'a self, name: &'a str, faults: &mut Vec<Fault>) -> Option<&'a str> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            faults.push(Fault::new(name, "repeated", format!("{name} is given more than once")));
        }
        first
    }

    /// A parameter that is one of a few words, or a fault that says which, and the nearest.
    pub fn word<T: Copy>(
        &self,
        name: &'static str,
        words: &[(&str, T)],
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        let asked = self.one(name, faults)?;
        let found = words.iter().find(|(known, _)| *known == asked).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = words.iter().map(|(known, _)| *known).collect();
            let hint =
                near(asked, names.iter().copied()).map_or_else(String::new, |near| format!("; {near}"));
            let detail = format!("{name} must be one of {}{hint}", names.join(", "));
            faults.push(Fault::new(name, "unknown_word", detail));
        }
        found
    }

    /// A parameter that is a day.
    pub fn day(&self, name: &str, faults: &mut Vec<Fault>) -> Option<NaiveDate> {
        day_of(name, name, self.one(name, faults)?).map_err(|fault| faults.push(fault)).ok()
    }

    /// How many entries a page may have, from 1 to `most`; `usual` unless asked.
    pub fn limit(&self, usual: usize, most: usize, faults: &mut Vec<Fault>) -> usize {
        let Some(text) = self.one("limit", faults) else { return usual };
        text.parse().ok().filter(|limit| (1..=most).contains(limit)).unwrap_or_else(|| {
            let detail = format!("limit must be a whole number from 1 to {most}");
            faults.push(Fault::new("limit", "invalid_number", detail));
            usual
        })
    }

    /// A parameter that is true or false, and false unless asked.
    pub fn flag(&self, name: &str, faults: &mut Vec<Fault>) -> bool {
        match self.one(name, faults) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                faults.push(Fault::new(name, "invalid_flag", format!("{name} must be true or false")));
                false
            }
        }
    }

    /// Holds a request without parameters of its own to those that are `known`.
    pub fn knows(&self, known: &[&str]) -> Result<(), Problem> {
        let mut faults = Vec::new();
        self.only(known, &mut faults);
        if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
    }

    /// A fault for each parameter that is not `known`, naming the nearest that is.
    pub fn only(&self, known: &[&str], faults: &mut Vec<Fault>) {
        for (name, _) in self.iter().filter(|(name, _)| !known.contains(name)) {
            let detail = format!("{} is no parameter here: {}", quoted(name), instead(name, known));
            faults.push(Fault::new(name, "unknown_parameter", detail));
        }
    }
}
