//! The document's schemas as validators that refuse every field which is not described.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// A schema with its references written out, so that each place can be closed by itself.
fn inlined(schema: &Value, document: &Value, depth: usize) -> Value {
    assert!(depth < 60, "a schema refers to itself");
    match schema {
        Value::Object(fields) => {
            let mut all = Map::new();
            for (name, value) in fields {
                if name != "$ref" {
                    all.insert(name.clone(), inlined(value, document, depth + 1));
                }
            }
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').expect("references stay within the document");
                let target = document.pointer(pointer).unwrap_or_else(|| panic!("{reference} is nowhere"));
                let Value::Object(target) = inlined(target, document, depth + 1) else {
                    panic!("{reference}")
                };
                for (name, value) in target {
                    all.entry(name).or_insert(value);
                }
            }
            Value::Object(all)
        }
        Value::Array(values) => values.iter().map(|value| inlined(value, document, depth + 1)).collect(),
        leaf => leaf.clone(),
    }
}

/// Closes every object: what neither it nor the parts that it consists of describe is refused.
fn close(schema: &mut Value, whole: bool) {
    let Value::Object(fields) = schema else { return };
    let is_object = fields.contains_key("properties") || fields.contains_key("allOf");
    if whole && is_object {
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    for (name, value) in fields.iter_mut() {
        match (name.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                properties.values_mut().for_each(|property| close(property, true));
            }
            ("items" | "additionalProperties", value) => close(value, true),
            ("allOf", Value::Array(parts)) => parts.iter_mut().for_each(|part| close(part, false)),
            ("oneOf" | "anyOf", Value::Array(choices)) => {
                choices.iter_mut().for_each(|choice| close(choice, whole && !is_object));
            }
            _ => {}
        }
    }
}

/// What a value breaks of a schema of the document.
pub fn faults(schema: &Value, document: &Value, value: &Value) -> Vec<String> {
    /// By their texts, since most tests ask for the same ones.
    static BUILT: LazyLock<Mutex<BTreeMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);
    let mut built = BUILT.lock().unwrap();
    let validator = built.entry(schema.to_string()).or_insert_with(|| {
        let mut closed = inlined(schema, document, 0);
        close(&mut closed, true);
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        Box::leak(Box::new(options.build(&closed).unwrap_or_else(|error| panic!("{error}: {closed}"))))
    });
    let told = validator.iter_errors(value).map(|error| {
        let text: String = error.to_string().chars().take(300).collect();
        format!("{}: {text}", error.instance_path())
    });
    told.collect()
}

#[test]
fn a_field_that_is_not_described_is_refused_wherever_it_stands() {
    let document = json!({"components": {"schemas": {
        "Part": {"type": "object", "properties": {"inner": {"type": "object", "properties": {"a": {"type": "integer"}}}}},
        "Whole": {"allOf": [
            {"$ref": "#/components/schemas/Part"},
            {"type": "object", "required": ["b"], "properties": {"b": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Part"}]}}}
        ]}
    }}});
    let schema = json!({"type": "array", "items": {"$ref": "#/components/schemas/Whole"}});
    for (value, right) in [
        (json!([{"inner": {"a": 1}, "b": null}]), true),
        (json!([{"inner": {"a": 1}, "b": {"inner": {"a": 2}}}]), true),
        (json!([{"inner": {"a": 1}}]), false),
        (json!([{"b": null, "more": 1}]), false),
        (json!([{"b": null, "inner": {"more": 1}}]), false),
        (json!([{"b": {"more": 1}}]), false),
        (json!([{"b": {"inner": {"a": "1"}}}]), false),
    ] {
        assert_eq!(faults(&schema, &document, &value).is_empty(), right, "{value}");
    }
}
