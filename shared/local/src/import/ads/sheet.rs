//! The table in an export: its delimiter, the lines before its header, its header, and its rows.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::platform::{Column, EXPORTED, Platform};
use crate::import::amounts;
use crate::import::days::{Order, Written};
use crate::import::guess;
use crate::import::names;
use crate::import::records;
pub(super) use crate::import::records::Record;

/// How many lines are looked at for a header.
const LOOKED_AT: usize = 50;
/// How many columns are named in a sentence.
const NAMED: usize = 12;

/// A table whose columns are known.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(super) platform: Platform,
    /// What stands before the header.
    pub(super) preamble: Vec<Record>,
    /// The header's line.
    pub(super) line: u64,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Record>,
    /// Where each column stands.
    pub(super) columns: BTreeMap<Column, usize>,
    /// The currency in the name of the column of spend, such as `(USD)` or `in €`.
    pub(super) currency: Option<String>,
    pub(super) delimiter: char,
}

/// Columns that the options name, by what they hold.
pub(super) type Named = BTreeMap<Column, String>;

/// How it is said that the header is that of several platforms.
pub(super) const MAY_BE_OF: &str = "may be of ";

impl Sheet {
    /// Finds the table in a text. `wanted` is the platform where it is named, else it is told by the header.
    pub(super) fn find(text: &str, wanted: Option<Platform>, named: &Named) -> Result<Self, String> {
        let mut sheet = Self::find_header(text, wanted, named)?;
        if let Some(line) = records::open_quote(text, sheet.delimiter) {
            return Err(records::unclosed(line));
        }
        if wanted.is_none() && !sheet.is_of_one_platform() {
            return Err(sheet.of_any());
        }
        sheet.rows = records::each(text, sheet.delimiter).filter(|(line, _)| *line > sheet.line).collect();
        Ok(sheet)
    }

    /// Finds the table's header in a text, and none of its rows.
    pub(super) fn find_header(text: &str, wanted: Option<Platform>, named: &Named) -> Result<Self, String> {
        let platforms: Vec<Platform> = wanted.map_or_else(|| Platform::ALL.to_vec(), |one| vec![one]);
        let mut found: Vec<Self> = Vec::new();
        for delimiter in [',', '\t', ';'] {
            let head: Vec<Record> = records::each(text, delimiter).take(LOOKED_AT).collect();
            found
                .extend(platforms.iter().filter_map(|platform| Self::of(*platform, &head, delimiter, named)));
        }
        // A line of one delimiter may hold another within its names: the one that parts it the most is meant.
        let most = found.iter().map(|sheet| sheet.columns.len()).max().unwrap_or(0);
        found.retain(|sheet| sheet.columns.len() == most);
        let sheet = found.pop().ok_or_else(|| unknown(text, wanted))?;
        if !found.is_empty() {
            let all: Vec<&str> = found.iter().chain([&sheet]).map(|sheet| sheet.platform.name()).collect();
            return Err(format!(
                "{MAY_BE_OF}{}: the columns are {}; say which with --format\n{}",
                all.join(" or "),
                shown(&sheet.header),
                expected(wanted)
            ));
        }
        Ok(sheet)
    }

    /// Whether its columns are those of an export, and not of somebody's orders with their costs.
    pub(super) fn is_of_a_platform(&self) -> bool {
        let unknown = |place: &usize| !self.columns.values().any(|known| known == place);
        let has = |column: Column| self.columns.contains_key(&column);
        let orders = names::place(&self.header, "order").ok().flatten().filter(unknown);
        let orders = orders.and_then(|place| self.header.get(place));
        if orders.is_some_and(|name| names::plain(name) != "id") {
            return false;
        }
        let figures = has(Column::Impressions) || has(Column::Clicks);
        let value = guess::value_place(&self.header).ok().flatten().filter(unknown);
        let campaigns = has(Column::Campaign) && has(Column::Day) && value.is_none();
        figures
            || has(Column::Type)
            || has(Column::End)
            || self.platform.names_it(self.name(Column::Spend))
            || campaigns
    }

    /// Whether more than the usual words for days, campaigns and costs says that a platform wrote it: any table may have
    /// these.
    fn is_of_one_platform(&self) -> bool {
        // A report names its first and last day above its header: two years, and what stands before them.
        let names_days = |(_, cells): &Record| {
            let text = cells.join(" ");
            let numbers =
                text.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty());
            let lengths: Vec<usize> = numbers.map(str::len).collect();
            lengths.len() > 3 && lengths.iter().filter(|length| **length == 4).count() > 1
        };
        self.platform.names_it(self.name(Column::Spend))
            || self.header.iter().any(|name| EXPORTED.contains(&plain(name).as_str()))
            || self.preamble.iter().any(names_days)
    }

    /// What to say of a table that any platform may have written, or none.
    fn of_any(&self) -> String {
        let formats = Platform::ALL.map(Platform::format).join(", --format ");
        format!(
            "line {}: {} may be columns of any platform: say whose costs they are, with one of --format {formats}, and --map spend={:?}",
            self.line,
            self.shown(),
            self.name(Column::Spend)
        )
    }

    /// Holds each column to being the only one of its name. An error says which are two.
    pub(super) fn hold_to_one_of_each(&self, named: &Named) -> Result<(), String> {
        for (column, option) in Column::ALL {
            let own = self.name(column).trim();
            let same = |other: &&String| {
                if named.contains_key(&column) { other.trim() == own } else { plain(other) == plain(own) }
            };
            let all: Vec<&str> = self.header.iter().filter(same).map(String::as_str).collect();
            if let (true, [one, other, ..]) = (self.columns.contains_key(&column), all.as_slice()) {
                return Err(format!(
                    "line {}: two columns may be the {option}, {one:?} and {other:?}: remove or rename one, or name the one that is meant with --map {option}=COLUMN",
                    self.line
                ));
            }
        }
        Ok(())
    }

    /// The table as one platform would have written it, without its rows.
    fn of(platform: Platform, head: &[Record], delimiter: char, named: &Named) -> Option<Self> {
        let (place, columns) = head.iter().enumerate().find_map(|(place, (_, cells))| {
            let columns = columns(platform, cells, named);
            let is_header = columns.contains_key(&Column::Spend) && columns.len() > 1;
            is_header.then_some((place, columns))
        })?;
        let (line, header) = head.get(place)?.clone();
        let spend = columns.get(&Column::Spend).and_then(|place| header.get(*place))?;
        Some(Self {
            platform,
            preamble: head.get(..place)?.to_vec(),
            line,
            rows: Vec::new(),
            currency: in_brackets(spend).or_else(|| Some(amounts::in_name(spend)?.1.only()?.to_owned())),
            columns,
            header,
            delimiter,
        })
    }

    /// The cell of a column in a row; empty where there is none.
    pub(super) fn cell<'a>(&self, column: Column, row: &'a [String]) -> &'a str {
        self.columns.get(&column).and_then(|place| row.get(*place)).map_or("", |cell| cell.trim())
    }

    /// How the file calls a column.
    pub(super) fn name(&self, column: Column) -> &str {
        self.columns.get(&column).and_then(|place| self.header.get(*place)).map_or("", String::as_str)
    }

    /// The first and last day of the report, as the lines before the header tell them in words, and their line.
    pub(super) fn period(&self) -> Option<(u64, NaiveDate, NaiveDate)> {
        let says = |name: &str| {
            self.preamble.iter().find_map(|(line, cells)| {
                let text = cells.join(",");
                let value = text.trim().trim_matches('"').strip_prefix(name)?;
                let value = value.trim_start_matches([':', ',', ' ']);
                // The time stands behind the day, and the year before the last comma at the latest.
                let tries = value.match_indices(',').map(|(at, _)| at).chain([value.len()]);
                let day = tries.filter_map(|at| Written::read(value.get(..at)?)).next_back()?;
                Some((*line, day.day(Order::MonthFirst)?))
            })
        };
        let ((line, from), (_, to)) = (says("Report Start")?, says("Report End")?);
        Some((line, from, to))
    }

    /// The header, for a sentence.
    pub(super) fn shown(&self) -> String {
        shown(&self.header)
    }
}

/// Where each column of a platform stands in a header: under the best of its names that is there.
fn columns(platform: Platform, header: &[String], named: &Named) -> BTreeMap<Column, usize> {
    let plain: Vec<String> = header.iter().map(|name| plain(name)).collect();
    let place = |column: Column| {
        if let Some(name) = named.get(&column) {
            return header.iter().position(|known| known.trim() == name.trim());
        }
        platform.names(column).iter().find_map(|name| plain.iter().position(|known| known == name))
    };
    Column::ALL.into_iter().filter_map(|(column, _)| Some((column, place(column)?))).collect()
}

/// A column's name without a currency, in small letters.
fn plain(name: &str) -> String {
    let name = match in_brackets(name) {
        Some(code) => name.replace(&format!("({code})"), ""),
        None => name.to_owned(),
    };
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The currency in the name of a column: `Amount spent (USD)`.
fn in_brackets(name: &str) -> Option<String> {
    let (_, code) = name.trim().strip_suffix(')')?.rsplit_once('(')?;
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) && code != "UTC";
    is_code.then(|| code.to_owned())
}

/// A header, for a sentence.
fn shown(header: &[String]) -> String {
    let names: Vec<&str> = header.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    let more = names.len().saturating_sub(NAMED);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    let short = |name: &&str| name.chars().take(60).collect::<String>();
    format!("{}{tail}", names.iter().take(NAMED).map(short).collect::<Vec<_>>().join(", "))
}

/// Why no table was found, what there is, and what there would be.
fn unknown(text: &str, wanted: Option<Platform>) -> String {
    // A quote that is never closed may have swallowed the header.
    if let Some(line) =
        [',', '\t', ';'].into_iter().find_map(|delimiter| records::open_quote(text, delimiter))
    {
        return records::unclosed(line);
    }
    let widest = [',', '\t', ';']
        .into_iter()
        .filter_map(|delimiter| {
            let all = records::each(text, delimiter);
            let first =
                all.into_iter().take(LOOKED_AT).max_by_key(|(line, cells)| (cells.len(), u64::MAX - line))?;
            Some(first)
        })
        .max_by_key(|(_, cells)| cells.len());
    let found = match widest.filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty())) {
        Some((line, cells)) => format!("its widest line, {line}, has {}", shown(&cells)),
        None => "it is empty".to_owned(),
    };
    format!("has no header that is known: {found}\n{}", expected(wanted))
}

/// What each platform would have.
pub(super) fn expected(wanted: Option<Platform>) -> String {
    let all = Platform::ALL.into_iter().filter(|platform| wanted.is_none_or(|one| one == *platform));
    let lines = all.map(|platform| {
        let first = |column| platform.names(column).first().copied().unwrap_or_default();
        let columns = [Column::Day, Column::Campaign, Column::Impressions, Column::Clicks, Column::Spend];
        format!("  --format {} has {}", platform.format(), columns.map(first).join(", "))
    });
    let lines: Vec<String> = lines.collect();
    format!(
        "{}\nnames in another language are told with --map, such as --map spend=Coste --map day=Fecha",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Result<Sheet, String> {
        Sheet::find(text, None, &Named::new())
    }

    #[test]
    fn a_platform_is_told_by_its_header() {
        for (text, platform, delimiter) in [
            ("Day,Campaign,Campaign type,Impr.,Clicks,Cost\n", Platform::Google, ','),
            ("Report\nall time\n\nDay\tCampaign\tCost\tCurrency code\n", Platform::Google, '\t'),
            ("Tag;Kampagne;Währungscode;Kosten;Klicks\n", Platform::Google, ';'),
            // Of a report whose columns are the usual ones, the line above them says it.
            ("Bericht\n1. Mai 2024 - 2. Mai 2024\nTag;Kampagne;Kosten;Klicks\n", Platform::Google, ';'),
            ("Campaign name;Day;Amount spent (EUR);Link clicks\n", Platform::Meta, ';'),
            ("Start Date (in UTC)\tCampaign Name\tTotal Spent\n", Platform::LinkedIn, '\t'),
            ("Gregorian date,Campaign name,Spend\n", Platform::Microsoft, ','),
        ] {
            let sheet = find(text).unwrap();
            assert_eq!((sheet.platform, sheet.delimiter), (platform, delimiter), "{text}");
        }
    }

    #[test]
    fn a_table_that_any_platform_may_have_written_is_of_none() {
        for header in ["Date,Campaign,Spend", "Day,Campaign,Cost", "Date,Campaign,Clicks,Impressions,Cost"] {
            let error = find(&format!("My costs 2023-2024\n{header}\n2024-11-01,A,1\n")).unwrap_err();
            assert!(error.starts_with("line 2: Da"), "{error}");
            assert!(
                error.contains("--format google-ads, --format meta-ads, --format linkedin-ads"),
                "{error}"
            );
            let spend = header.rsplit(',').next().unwrap();
            assert!(error.ends_with(&format!("--map spend={spend:?}")), "{error}");
            // What it says helps, whichever platform it is.
            for platform in Platform::ALL {
                let named = Named::from([(Column::Spend, spend.to_owned())]);
                let sheet = Sheet::find(header, Some(platform), &named).unwrap();
                assert!(sheet.columns.contains_key(&Column::Day), "{header} {platform:?}");
                assert!(sheet.columns.contains_key(&Column::Campaign), "{header} {platform:?}");
            }
        }
    }

    #[test]
    fn an_unknown_header_is_told_beside_what_would_be_known() {
        let error = find("a,b,c\n1,2,3\n").unwrap_err();
        assert!(error.contains("its widest line, 1, has a, b, c"), "{error}");
        assert!(error.contains("--format google-ads has day, campaign, impr., clicks, cost"), "{error}");
        let error = find("Day,Campaign,Cost,Spend\n").unwrap_err();
        assert!(error.contains("may be of Google Ads or Microsoft Advertising"), "{error}");
        assert!(find("").unwrap_err().contains("it is empty"));
    }

    #[test]
    fn a_quote_that_is_never_closed_and_two_columns_of_a_name_are_faults() {
        let error = find("Day,Campaign,Cost\n2026-11-01,A,1\n2026-11-02,\"B,1\n").unwrap_err();
        assert!(error.starts_with("line 3: a quote is opened and never closed"), "{error}");
        for (header, named, fits) in [
            ("Day,Campaign,Cost,Clicks", Named::new(), true),
            ("Day,Campaign,Cost,Cost", Named::new(), false),
            ("Day,Campaign,Cost (USD),Cost (EUR)", Named::new(), false),
            (
                "Day,Campaign,Cost (USD),Cost (EUR)",
                Named::from([(Column::Spend, "Cost (EUR)".to_owned())]),
                true,
            ),
        ] {
            let sheet = Sheet::find(header, Some(Platform::Google), &named).unwrap();
            assert_eq!(sheet.hold_to_one_of_each(&named).is_ok(), fits, "{header}");
        }
    }

    #[test]
    fn orders_with_their_costs_are_no_export() {
        for (header, is_export) in [
            ("Date,Order ID,Campaign,Cost,Total", false),
            ("Date,Order ID,Clicks,Cost", false),
            ("Date,Total,Cost", false),
            ("Date,Cost", false),
            ("Date,Campaign,Total,Cost", false),
            ("Date,Campaign,Total (EUR),Cost", false),
            ("Date,Cost,Clicks", true),
            ("Day,Campaign,Cost", true),
            ("Campaign,Campaign type,Impr.,Clicks,Cost", true),
            ("Campaign name,Amount spent (EUR)", true),
        ] {
            let sheet = Sheet::find_header(header, None, &Named::new());
            assert_eq!(sheet.is_ok_and(|sheet| sheet.is_of_a_platform()), is_export, "{header}");
        }
    }
}
