//! The document as one page for people: no script, no other host, found by the browser's own search.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::examples::Answers;
use super::ordered::Ordered;

/// Its style, which stands in the page and is known by its hash.
const STYLE: &str = include_str!("docs.css");
/// The methods of a path, in the order of the page.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// How many entries of a long list an example shows.
const MOST: usize = 2;

/// One operation, as the page shows it.
struct Shown<'a> {
    method: &'a str,
    path: &'a str,
    told: &'a Ordered,
}

/// Renders the page.
pub fn render(document: &Ordered, answers: &Answers) -> String {
    let info = document.get("info").unwrap();
    let mut by_tag: BTreeMap<&str, Vec<Shown<'_>>> = BTreeMap::new();
    for (path, item) in document.get("paths").unwrap().fields() {
        for method in METHODS {
            let Some(told) = item.get(method) else { continue };
            let tag = told.get("tags").unwrap().values()[0].text().unwrap();
            by_tag.entry(tag).or_default().push(Shown { method, path, told });
        }
    }
    let tags: Vec<(&str, &str)> = document.get("tags").unwrap().values().iter().map(named).collect();
    let components = document.get("components").unwrap();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Reckon: the API" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#top" { "To the routes" }
                nav aria-label="Routes" {
                    p.brand { a href="/" { "Reckon" } " " span { "API " (info.get("version").unwrap().text().unwrap()) } }
                    @for (tag, _) in &tags {
                        p { a href={ "#" (anchor(tag)) } { (tag) } }
                        ul {
                            @for shown in &by_tag[tag] {
                                li { a href={ "#" (shown.id()) } { (shown.verb()) (shown.summary()) } }
                            }
                        }
                    }
                    p { a href="#problems" { "Problems" } }
                    p { a href="#schemas" { "Schemas" } }
                }
                main id="top" {
                    header {
                        h1 { "Reckon, the API" }
                        (prose(info.get("description").unwrap().text().unwrap()))
                        p { "For programs: " a href="/v1/openapi.json" { code { "/v1/openapi.json" } } ", OpenAPI 3.1. Every answer shown here was given by the program itself." }
                    }
                    @for (tag, description) in &tags {
                        section id=(anchor(tag)) {
                            h2 { (tag) }
                            p.lead { (description) }
                            @for shown in &by_tag[tag] { (shown.article(document, answers)) }
                        }
                    }
                    section id="problems" {
                        h2 { "Problems" }
                        p.lead { "What goes wrong has one of these codes, as " code { "application/problem+json" } "." }
                        dl.problems {
                            @for (code, response) in components.get("responses").unwrap().fields() {
                                dt id={ "problem-" (code) } { code { (code) } }
                                dd { (inline(response.get("description").unwrap().text().unwrap().trim_start_matches(&format!("`{code}`: ")))) }
                            }
                        }
                    }
                    section id="schemas" {
                        h2 { "Schemas" }
                        @for (name, schema) in components.get("schemas").unwrap().fields() {
                            article.schema id={ "schema-" (name) } {
                                h3 { (name) }
                                (described(schema))
                                (fields(schema))
                            }
                        }
                    }
                }
            }
        }
    };
    page.into_string() + "\n"
}

fn named(tag: &Ordered) -> (&str, &str) {
    let text = |name| tag.get(name).and_then(Ordered::text).unwrap_or_default();
    (text("name"), text("description"))
}

fn anchor(text: &str) -> String {
    text.to_lowercase().replace(' ', "-")
}

/// Paragraphs with what stands between backticks or stars set apart.
fn prose(text: &str) -> Markup {
    html! { @for paragraph in text.split("\n\n") { p { (inline(paragraph)) } } }
}

fn inline(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else {
                @for (index, part) in part.split("**").enumerate() {
                    @if index % 2 == 1 { strong { (part) } } @else { (part) }
                }
            }
        }
    }
}

fn described(schema: &Ordered) -> Markup {
    html! { @if let Some(text) = schema.get("description").and_then(Ordered::text) { p { (inline(text)) } } }
}

/// What may stand in a place, in a few words.
fn kind(schema: &Ordered) -> Markup {
    if let Some(name) = schema.get("$ref").and_then(Ordered::text).and_then(|path| path.rsplit('/').next()) {
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    if let Some(choices) = schema.get("oneOf").or_else(|| schema.get("anyOf")) {
        let choices = choices.values();
        return html! {
            @for (index, choice) in choices.iter().enumerate() { @if index > 0 { " or " } (kind(choice)) }
        };
    }
    if let Some(parts) = schema.get("allOf") {
        return html! { @for (index, part) in parts.values().iter().enumerate() { @if index > 0 { " and " } (kind(part)) } };
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(one @ Ordered::Leaf(_)) => one.text().into_iter().collect(),
        Some(several) => several.values().iter().filter_map(Ordered::text).collect(),
        None => vec!["anything"],
    };
    if types == ["array"] {
        let usual = schema.get("default").map(Ordered::values).unwrap_or_default();
        let usual: Vec<&str> = usual.iter().filter_map(Ordered::text).collect();
        return html! {
            "list of " (kind(schema.get("items").unwrap()))
            @if !usual.is_empty() { ", " code { (usual.join(",")) } " by default" }
        };
    }
    let usual = schema.get("default").filter(|usual| usual.text().is_none_or(|text| !text.is_empty()));
    let usual = html! {
        @if let Some(usual) = usual {
            ", " code { (usual.text().map_or_else(|| usual.to_string(), str::to_owned)) } " by default"
        }
    };
    if let Some(words) = schema.get("enum") {
        let words = words.values();
        return html! {
            @for (index, word) in words.iter().enumerate() {
                @if index > 0 { " " } code { (word.text().map_or_else(|| word.to_string(), str::to_owned)) }
            }
            (usual)
        };
    }
    let format = schema.get("format").and_then(Ordered::text).filter(|format| !format.starts_with("int"));
    let bound = |name| schema.get(name).map(Ordered::to_string);
    let map =
        schema.get("additionalProperties").filter(|inner| inner.get("type").or(inner.get("$ref")).is_some());
    html! {
        (format.map_or_else(|| types.join(" or "), |format| match types.as_slice() {
            [_, "null"] => format!("{format} or null"),
            _ => format.to_owned(),
        }))
        @if let Some(inner) = map { " of " (kind(inner)) }
        @match (bound("minimum"), bound("maximum")) {
            (Some(least), Some(most)) => { ", " (least) " to " (most) }
            (Some(least), None) => { ", from " (least) }
            (None, Some(most)) => { ", up to " (most) }
            (None, None) => {}
        }
        (usual)
    }
}

/// The fields of an object, or of the parts that it consists of.
fn fields(schema: &Ordered) -> Markup {
    let required: Vec<&str> = schema
        .get("required")
        .map(Ordered::values)
        .unwrap_or_default()
        .iter()
        .filter_map(Ordered::text)
        .collect();
    if let Some(properties) = schema.get("properties") {
        return html! {
            dl.fields {
                @for (name, property) in properties.fields() {
                    dt { code { (name) } @if required.contains(&name) { " " span.needed { "always" } } }
                    dd { (described_inline(property)) span.kind { (kind(property)) } }
                }
            }
        };
    }
    if let Some(parts) = schema.get("allOf") {
        return html! {
            @for part in parts.values() {
                @if part.get("$ref").is_some() { p.part { "All of " (kind(part)) ", and:" } } @else { (fields(part)) }
            }
        };
    }
    if let Some(choices) = schema.get("oneOf") {
        return html! {
            @for choice in choices.values() {
                @if choice.get("properties").is_some() || choice.get("allOf").is_some() {
                    (described(choice)) (fields(choice))
                } @else { p.part { (kind(choice)) } }
            }
        };
    }
    html! { p.part { (kind(schema)) } }
}

fn described_inline(schema: &Ordered) -> Markup {
    html! { @if let Some(text) = schema.get("description").and_then(Ordered::text) { (inline(text)) } }
}

impl Shown<'_> {
    fn id(&self) -> &str {
        self.told.get("operationId").unwrap().text().unwrap()
    }

    fn summary(&self) -> &str {
        self.told.get("summary").unwrap().text().unwrap()
    }

    fn verb(&self) -> Markup {
        html! { span class={ "verb " (self.method) } { (self.method.to_uppercase()) } }
    }

    fn roles(&self) -> Vec<&str> {
        let ways = self.told.get("security").map(Ordered::values).unwrap_or_default().iter();
        let roles = ways.filter_map(|way| way.get("bearer")).flat_map(Ordered::values);
        roles.filter_map(Ordered::text).collect()
    }

    /// Whether something else than a key will do.
    fn may_go_without(&self) -> bool {
        let ways = self.told.get("security").map(Ordered::values).unwrap_or_default();
        ways.iter().any(|way| way.fields().next().is_none())
    }

    fn article(&self, document: &Ordered, answers: &Answers) -> Markup {
        let responses: Vec<(&str, &Ordered)> = self.told.get("responses").unwrap().fields().collect();
        let (good, bad): (Vec<_>, Vec<_>) =
            responses.into_iter().partition(|(status, _)| status.starts_with(['2', '3']));
        let roles = self.roles();
        html! {
            article id=(self.id()) {
                h3 { a href={ "#" (self.id()) } { (self.summary()) } }
                p.route { (self.verb()) " " code { (self.path) } }
                @if let Some(text) = self.told.get("description").and_then(Ordered::text) { p { (inline(text)) } }
                p.roles {
                    @if roles.is_empty() { "Needs no key." } @else {
                        "Key: " @for (index, role) in roles.iter().enumerate() { @if index > 0 { ", " } b { (role) } }
                        @if self.may_go_without() { "; or none, as said above" } "."
                    }
                }
                (self.parameters())
                (self.body())
                (self.call(document))
                h4 { "Answers" }
                dl.answers {
                    @for (status, response) in &good {
                        dt { b { (status) } }
                        dd {
                            (inline(response.get("description").unwrap().text().unwrap()))
                            @for (kind_of, content) in response.get("content").map(Ordered::fields).into_iter().flatten() {
                                " · " span.kind {
                                    @if kind_of == "application/json" { (kind(content.get("schema").unwrap())) } @else { (kind_of) }
                                }
                            }
                            @for (name, header) in response.get("headers").map(Ordered::fields).into_iter().flatten().filter(|(name, _)| *name != "Reckon-Cost") {
                                br; code { (name) } " " (described_inline(header))
                            }
                        }
                    }
                }
                @if let Some(answer) = answers.get(&(self.method.to_uppercase(), self.path.to_owned())) {
                    details { summary { "An answer" } pre tabindex="0" { code { (answer.pretty(MOST)) } } }
                }
                @if !bad.is_empty() {
                    details {
                        summary { "Problems" }
                        dl.answers {
                            @for (status, response) in &bad { dt { b { (status) } } dd { (problem(document, response)) } }
                        }
                    }
                }
            }
        }
    }

    fn parameters(&self) -> Markup {
        let all = self.told.get("parameters").map(Ordered::values).unwrap_or_default();
        html! {
            @if !all.is_empty() {
                h4 { "Parameters" }
                dl.fields {
                    @for parameter in all {
                        dt {
                            code { (parameter.get("name").unwrap().text().unwrap()) }
                            @match parameter.get("in").and_then(Ordered::text) {
                                Some("query") if parameter.get("required").is_some_and(|needed| needed.to_string() == "true") => { " " span.needed { "needed" } }
                                Some("query") | None => {}
                                Some(place) => { " " span.needed { (place) } }
                            }
                        }
                        dd { (described_inline(parameter)) span.kind { (kind(parameter.get("schema").unwrap())) } }
                    }
                }
            }
        }
    }

    fn content(&self) -> Option<&Ordered> {
        self.told.get("requestBody")?.get("content")?.get("application/json")
    }

    fn body(&self) -> Markup {
        html! {
            @if let Some(content) = self.content() {
                h4 { "Body" }
                p { span.kind { (kind(content.get("schema").unwrap())) } ", as JSON. " (described_inline(self.told.get("requestBody").unwrap())) }
            }
        }
    }

    /// The example as a command.
    fn call(&self, document: &Ordered) -> Markup {
        let all = self.told.get("parameters").map(Ordered::values).unwrap_or_default();
        let query: Vec<String> = all
            .iter()
            .filter(|parameter| parameter.get("in").and_then(Ordered::text) == Some("query"))
            .filter_map(|parameter| {
                let example = parameter.get("example")?;
                let text = match example.values() {
                    [] => example.text().map_or_else(|| example.to_string(), str::to_owned),
                    values => values.iter().filter_map(Ordered::text).collect::<Vec<_>>().join(","),
                };
                Some(format!("{}={text}", parameter.get("name")?.text()?))
            })
            .collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let named = ["id", "key", "name", "channel", "campaign", "date"];
        let path = named.iter().fold(self.path.to_owned(), |path, name| {
            path.replace(&format!("{{{name}}}"), &format!("${}", name.to_uppercase()))
        });
        let mut command = "curl".to_owned();
        if self.method != "get" && !(self.method == "post" && self.content().is_some()) {
            command.push_str(&format!(" -X {}", self.method.to_uppercase()));
        }
        command.push_str(&format!(" \"$RECKON{path}{query}\""));
        if !self.roles().is_empty() {
            command.push_str(" \\\n  -H \"Authorization: Bearer $KEY\"");
        }
        if let Some(content) = self.content() {
            let example = ordered(content.get("example").unwrap(), content.get("schema").unwrap(), document);
            let text = example.pretty(usize::MAX).replace('\'', "'\\''");
            command.push_str(&format!(" \\\n  --json '{text}'"));
        }
        html! { pre.call tabindex="0" { code { (command) } } }
    }
}

/// The properties of what a schema describes, and of its parts and choices.
fn properties<'a>(schema: &'a Ordered, document: &'a Ordered, found: &mut Vec<(&'a str, &'a Ordered)>) {
    if let Some(reference) = schema.get("$ref").and_then(Ordered::text) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let target = document.get("components").and_then(|components| components.get("schemas")?.get(name));
        return properties(target.unwrap(), document, found);
    }
    found.extend(schema.get("properties").map(Ordered::fields).into_iter().flatten());
    for part in ["allOf", "oneOf"].iter().filter_map(|name| schema.get(name)).flat_map(Ordered::values) {
        properties(part, document, found);
    }
    if let Some(items) = schema.get("items") {
        properties(items, document, found);
    }
}

/// An example with its fields in the order of their schema.
fn ordered(example: &Ordered, schema: &Ordered, document: &Ordered) -> Ordered {
    let mut known = Vec::new();
    properties(schema, document, &mut known);
    match example {
        Ordered::Leaf(_) => example.clone(),
        Ordered::Array(values) => {
            Ordered::Array(values.iter().map(|value| ordered(value, schema, document)).collect())
        }
        Ordered::Object(fields) => {
            let place = |name: &str| known.iter().position(|(known, _)| *known == name);
            let inner = |(name, value): &(String, Ordered)| match place(name) {
                Some(place) => (name.clone(), ordered(value, known[place].1, document)),
                None => (name.clone(), value.clone()),
            };
            let mut fields: Vec<_> = fields.iter().map(inner).collect();
            fields.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
            Ordered::Object(fields)
        }
    }
}

/// A problem of a route: its code, which leads to what to do about it.
fn problem(document: &Ordered, response: &Ordered) -> Markup {
    if let Some(code) = response.get("$ref").and_then(Ordered::text).and_then(|path| path.rsplit('/').next())
    {
        let title = document
            .get("components")
            .and_then(|components| components.get("responses")?.get(code)?.get("description")?.text())
            .unwrap_or_default();
        let plain = title.trim_start_matches(&format!("`{code}`: ")).split(". ").next().unwrap_or_default();
        return html! { a href={ "#problem-" (code) } { code { (code) } } " " (inline(plain.trim_end_matches('.'))) };
    }
    html! { (inline(response.get("description").unwrap().text().unwrap())) }
}
