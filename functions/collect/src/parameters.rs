//! Events that come as parameters of an address, from images and from partners' servers, made into JSON events.

use reckon_core::http::{Fault, Problem};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::event::{Read, Reader};

/// How a parameter becomes a field.
pub(crate) type Named = (&'static str, &'static str);

/// Reads the event that parameters describe. `named` says which field each parameter is; fields of `utm` stand behind
/// a dot. An empty parameter is an absent one, as templates of partners leave it.
pub(crate) fn read(
    reader: &Reader<'_>,
    named: &[Named],
    parameters: &[(String, String)],
) -> Result<Result<Read, Fault>, Problem> {
    let mut event = Map::new();
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        let Some((_, field)) = named.iter().find(|(known, _)| known == name) else { continue };
        let value = Value::from(value.as_str());
        match field.split_once('.') {
            None => drop(event.insert((*field).to_owned(), value)),
            Some((outer, inner)) => {
                let object = event.entry(outer).or_insert_with(|| Value::Object(Map::new()));
                if let Some(object) = object.as_object_mut() {
                    object.insert(inner.to_owned(), value);
                }
            }
        }
    }
    let json = Value::Object(event).to_string();
    let raw: &RawValue = serde_json::from_str(&json).map_err(|_| {
        Problem::new(reckon_core::http::ProblemKind::Internal, "The request could not be read.")
    })?;
    // Where a field is wrong, the parameter is named that it came from.
    let renamed = |fault: Fault| {
        let field = fault.pointer.trim_start_matches('/').replace('/', ".");
        let parameter =
            named.iter().find(|(_, known)| *known == field).map_or(field.as_str(), |(name, _)| name);
        Fault::new(parameter, fault.code, fault.detail.clone())
    };
    Ok(reader.read(raw, String::new()).map_err(renamed))
}

/// Faults of parameters that are not known or are given twice.
pub(crate) fn check(query: &reckon_core::http::Query, named: &[Named], more: &[&str]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let known: Vec<&str> = named.iter().map(|(name, _)| *name).chain(more.iter().copied()).collect();
    query.only(&known, &mut faults);
    for name in &known {
        query.one(name, &mut faults);
    }
    faults
}
