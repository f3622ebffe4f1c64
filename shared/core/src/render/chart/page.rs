//! The page of a chart: its title, its colours, what it is about, and what a reader must know of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use maud::{Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::label::{capital, fitted, plain};
use super::scale::times;
use super::{Frame, Node, Size};

/// The colours of series: those of Okabe and Ito, which people tell apart whatever colours they see.
pub(super) const COLOURS: usize = 8;
/// From the edge to what is drawn.
pub(super) const MARGIN: i64 = 24;
/// Where the drawing begins.
pub(super) const TOP: i64 = 76;

/// The style of every chart. It never changes, so that a policy can name it by its hash.
const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:12px;fill:#1f2933}\
.title{font-size:17px;font-weight:600}.head{font-weight:600}.large{font-size:23px;font-weight:600}\
.soft{fill:#5f6c7b}.end{text-anchor:end}.mid{text-anchor:middle}.on{fill:#fff}\
.paper{fill:#fff}.card{fill:#f5f7fa;stroke:#e1e6ec}.track{fill:#e8ecf1}\
.grid{stroke:#e8ecf1}.axis{stroke:#9aa5b1}.mark{stroke:#1f2933;stroke-width:2}\
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.before{stroke-dasharray:5 4;opacity:.65}\
.area{opacity:.12;stroke:none}\
.c0{fill:#0072b2;stroke:#0072b2}.c1{fill:#e69f00;stroke:#e69f00}.c2{fill:#009e73;stroke:#009e73}\
.c3{fill:#d55e00;stroke:#d55e00}.c4{fill:#56b4e9;stroke:#56b4e9}.c5{fill:#cc79a7;stroke:#cc79a7}\
.c6{fill:#000;stroke:#000}.c7{fill:#f0e442;stroke:#f0e442}\
.bar{stroke:none}.line.c0,.line.c1,.line.c2,.line.c3,.line.c4,.line.c5,.line.c6,.line.c7{fill:none}\
@media(prefers-color-scheme:dark){text{fill:#e4e7eb}.soft{fill:#9aa5b1}.on{fill:#fff}.paper{fill:#14181d}\
.card{fill:#1e242b;stroke:#323f4b}.track,.grid{fill:#2b333c;stroke:#2b333c}.axis{stroke:#616e7c}.mark{stroke:#e4e7eb}\
.c0{fill:#3a9bdc;stroke:#3a9bdc}.c6{fill:#e4e7eb;stroke:#e4e7eb}.line{fill:none}}";

/// What a browser may do with a chart: apply its style, and nothing else.
pub(in crate::render) fn policy() -> String {
    format!("default-src 'none'; style-src 'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE)))
}

/// What stands around a drawing.
pub(super) struct Page {
    /// What it shows, such as `Revenue by channel`.
    pub(super) title: String,
    /// All figures in words, for those who do not see them.
    pub(super) told: Vec<String>,
    /// What is left out, and why.
    pub(super) notes: Vec<String>,
    /// How high the drawing is, from [`TOP`] on.
    pub(super) height: i64,
    pub(super) drawing: Markup,
}

/// The most figures that are told in words.
const MOST_TOLD: usize = 100;

impl Page {
    /// The whole chart. One that is asked to be higher or lower than it needs to be is scaled into that.
    pub(super) fn draw(mut self, frame: &Frame<'_>) -> Vec<u8> {
        self.notes.extend(frame.notes());
        let about = frame.about();
        let Size { width, height: asked } = frame.size;
        let needed = TOP + self.height + 22 + 17 * i64::try_from(self.notes.len()).unwrap_or(0);
        let more = self.told.len().saturating_sub(MOST_TOLD);
        self.told.truncate(MOST_TOLD);
        self.told.extend((more > 0).then(|| format!("and {more} more")));
        let told =
            if self.told.is_empty() { "No data.".to_owned() } else { format!("{}.", self.told.join("; ")) };
        let title = plain(&self.title);
        let markup = html! {
            svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(asked.unwrap_or(needed))
                viewBox=(format!("0 0 {width} {needed}")) role="img" aria-labelledby="title desc" {
                title id="title" { (title) ", " (about) }
                desc id="desc" { (told) }
                style { (PreEscaped(STYLE)) }
                rect class="paper" width=(width) height=(needed) {}
                text class="title" x=(MARGIN) y="34" { (fitted(&title, times((width - 2 * MARGIN) * 2, 3))) }
                text class="soft" x=(MARGIN) y="55" { (fitted(&about, width - 2 * MARGIN)) }
                (self.drawing)
                @for (place, note) in (0_i64..).zip(&self.notes) {
                    text class="soft" x=(MARGIN) y=(TOP + self.height + 20 + 17 * place) { (fitted(note, width - 2 * MARGIN)) }
                }
            }
        };
        markup.into_string().into_bytes()
    }
}

/// What stands where there is nothing to draw.
pub(super) fn nothing(frame: &Frame<'_>, title: String) -> Page {
    let drawing = html! {
        rect class="card" x=(MARGIN) y=(TOP) width=(frame.size.width - 2 * MARGIN) height="96" rx="6" {}
        text class="mid soft" x=(Frame::half(frame.size.width)) y=(TOP + 53) { "No data in these days" }
    };
    Page { title, told: Vec::new(), notes: Vec::new(), height: 110, drawing }
}

/// A row of names with their colours, and how high it is. Long ones wrap.
pub(super) fn legend(names: &[(String, usize)], width: i64) -> (Markup, i64) {
    let (mut x, mut y) = (MARGIN, TOP + 2);
    let mut places = Vec::new();
    for (name, colour) in names {
        let shown = fitted(name, 200);
        let wide = super::label::width(&shown) + 36;
        if x + wide > width - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + 20);
        }
        places.push((x, y, colour, shown, name));
        x += wide;
    }
    let markup = html! {
        @for (x, y, colour, shown, name) in &places {
            g {
                title { (name) }
                rect class=(format!("bar c{colour}")) x=(x) y=(y) width="12" height="12" rx="3" {}
                text x=(x + 18) y=(y + 10) { (shown) }
            }
        }
    };
    (markup, if names.is_empty() { 0 } else { y + 26 - TOP })
}

impl Frame<'_> {
    /// Half of a length.
    pub(super) fn half(length: i64) -> super::scale::Tenths {
        super::scale::Tenths(length * 5)
    }

    /// The currency of amounts.
    pub(super) fn currency(&self) -> &str {
        self.site.map_or("", |site| site.currency.as_str())
    }

    /// Whose figures, of which days, limited to what.
    fn about(&self) -> String {
        let text = |path| self.document.text_at(path);
        let mut parts: Vec<String> = self.site.map(|site| site.id.as_str().to_owned()).into_iter().collect();
        let days = |from: Option<&str>, to: Option<&str>| match (from, to) {
            (Some(from), Some(to)) if from == to => Some(from.to_owned()),
            (Some(from), Some(to)) => Some(format!("{from} to {to}")),
            _ => None,
        };
        parts.extend(days(
            text("query.from").or_else(|| text("period.from")),
            text("query.to").or_else(|| text("period.to")),
        ));
        if let Some(before) = days(text("previous.from"), text("previous.to")) {
            // The figures may be those of a part of these days.
            let end = text("previous.until").and_then(|end| DateTime::parse_from_rfc3339(end).ok());
            let end = end.zip(self.site).map(|(end, site)| end.with_timezone(&site.time_zone));
            let until = end.map_or(String::new(), |end| format!(", until {}", end.format("%Y-%m-%d %H:%M")));
            parts.push(format!("compared with {before}{until}"));
        }
        if let Some(Node::Object(filters)) = self.document.at("query.filters") {
            for (dimension, values) in filters {
                let values = values.parts().iter().filter_map(|value| match value {
                    Node::Text(text) => Some(if text.is_empty() { "(none)" } else { text }),
                    _ => None,
                });
                let values = values.collect::<Vec<_>>().join(" or ");
                parts.push(format!("{} {values}", dimension.replace('_', " ")));
            }
        }
        plain(&parts.join(" \u{b7} "))
    }

    /// What a reader must know of any chart.
    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        if !self.complete {
            notes.push("There are more rows than one page of the report has.".to_owned());
        }
        if let Some(Node::Bare(folded)) = self.document.at("folded_rows")
            && folded.get() != "0"
        {
            notes.push(format!("{} rows were folded into (other) for their number.", folded.get()));
        }
        let warnings = self.document.parts_at("warnings");
        notes.extend(warnings.iter().filter_map(|warning| match warning {
            Node::Text(text) => Some(plain(text)),
            _ => None,
        }));
        if let Some(through) = self.document.text_at("complete_through") {
            let through = through.get(..16).unwrap_or(through).replace('T', " ");
            notes.push(capital(&format!("complete through {through} UTC")));
        }
        notes
    }
}
