//! The records of a file whose columns are parted by a delimiter, each with its line: one reader for tables, exports of
//! platforms and lists.

/// A record's line and its cells, without the blanks around them.
pub(crate) type Record = (u64, Vec<String>);

/// The records of a file, and what parts their columns.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) all: Vec<Record>,
    pub(crate) delimiter: char,
    /// Whether a line above them named the delimiter, as spreadsheets write it: `sep=;`.
    pub(crate) named: bool,
}

/// Reads a file. Without a `delimiter` it is the one that its first line names, or else the one of `,`, `;`, tab and `|`
/// that parts the first line the most.
pub(crate) fn read(text: &str, delimiter: Option<&str>) -> Result<Records, String> {
    let own = text.lines().next().and_then(named_delimiter);
    let delimiter = match delimiter {
        Some("space") => {
            let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect();
            let all = (1..).zip(text.lines()).map(|(number, line)| (number, cells(line))).collect();
            return Ok(Records { all, delimiter: ' ', named: false });
        }
        Some("tab") => '\t',
        Some(one) => {
            let mut letters = one.chars();
            match (letters.next(), letters.next()) {
                (Some(letter), None) if letter.is_ascii() => letter,
                _ => {
                    return Err(format!(
                        "the delimiter {one:?} is neither one character nor `tab` nor `space`"
                    ));
                }
            }
        }
        None => own.unwrap_or_else(|| usual_delimiter(text)),
    };
    if let Some(line) = open_quote(text, delimiter) {
        return Err(unclosed(line));
    }
    let mut all: Vec<Record> = each(text, delimiter).collect();
    if own.is_some() && all.first().is_some_and(|(line, _)| *line == 1) {
        all.remove(0);
    }
    Ok(Records { all, delimiter, named: own.is_some() })
}

/// The records of a text, one after the other, without a look at whether its quotes are closed.
pub(crate) fn each(text: &str, delimiter: char) -> impl Iterator<Item = Record> {
    let reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    // A text in memory is UTF-8 and may have rows of any width, so there is nothing that the reader could not read.
    let records = reader.into_records().map_while(Result::ok);
    records.map(move |record| {
        (line_of(&record, text), record.iter().map(|cell| cell.trim().to_owned()).collect())
    })
}

/// What is said of a quote that is never closed.
pub(crate) fn unclosed(line: u64) -> String {
    format!(
        "line {line}: a quote is opened and never closed, so that the lines below it cannot be told apart; close it, or write a quote that is part of a text twice, within quotes"
    )
}

/// The line on which a quote is opened that is never closed, or not where its cell ends, lines below.
pub(crate) fn open_quote(text: &str, delimiter: char) -> Option<u64> {
    let (mut line, mut opened) = (1_u64, 1_u64);
    let (mut quoted, mut starts, mut rest) = (false, true, text.chars().peekable());
    while let Some(letter) = rest.next() {
        if letter == '\n' {
            line += 1;
        }
        if !quoted {
            if letter == '"' && starts {
                (quoted, opened) = (true, line);
            }
            starts = letter == delimiter || matches!(letter, '\n' | '\r');
            continue;
        }
        if letter != '"' || rest.next_if_eq(&'"').is_some() {
            continue;
        }
        let ends = rest.peek().is_none_or(|next| *next == delimiter || next.is_whitespace());
        if !ends && line > opened {
            return Some(opened);
        }
        (quoted, starts) = (false, false);
    }
    quoted.then_some(opened)
}

/// The delimiter that a first line names.
fn named_delimiter(line: &str) -> Option<char> {
    let line = line.trim_end_matches(['\r', '\n']);
    let mut letters =
        line.get(..4).filter(|front| front.eq_ignore_ascii_case("sep=")).and(line.get(4..))?.chars();
    letters.next().filter(|letter| letter.is_ascii() && letters.next().is_none())
}

/// The delimiter that parts the first line the most.
fn usual_delimiter(text: &str) -> char {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let parts = |delimiter: &char| first.matches(*delimiter).count();
    // The last of equals wins, and a comma is the usual one.
    ['|', '\t', ';', ','].into_iter().max_by_key(parts).unwrap_or(',')
}

/// The line that a record begins on. The reader's own count stands before the empty lines that it passed over.
fn line_of(record: &csv::StringRecord, text: &str) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.get(start..).unwrap_or_default();
    let passed =
        rest.chars().take_while(|letter| matches!(letter, '\n' | '\r')).filter(|letter| *letter == '\n');
    position.line() + u64::try_from(passed.count()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quote_that_is_never_closed_is_told_with_the_line_that_opens_it() {
        for (text, line) in [
            ("a,b\n1,\"x\"\n", None),
            ("a,b\n1,\"x\n\ny\"\n2,3\n", None),
            ("a,b\n1,\"say \"\"hi\"\"\"\n", None),
            ("a,b\n1,5\" disk\n", None),
            ("a,b\n1,\"x\" y\n", None),
            ("a,b\r\n1,2\r\n\"3,4\r\n5,6\r\n", Some(3)),
            ("a,b\n1,\"x\n2,\"y\"\n3,z\n", Some(2)),
            ("\"", Some(1)),
            ("", None),
        ] {
            assert_eq!(open_quote(text, ','), line, "{text:?}");
            assert_eq!(read(text, Some(",")).is_err(), line.is_some(), "{text:?}");
        }
    }

    #[test]
    fn a_first_line_may_name_the_delimiter() {
        let records = read("sep=;\na,x;b\n1;2\n", None).unwrap();
        assert_eq!((records.delimiter, records.named), (';', true));
        assert_eq!(records.all.first(), Some(&(2, vec!["a,x".to_owned(), "b".to_owned()])));
        assert_eq!(read("separate\n1\n", None).unwrap().all.len(), 2);
        assert_eq!(read("sep=,\na;b\n", Some(";")).unwrap().all.len(), 1);
    }

    proptest! {
        #[test]
        fn each_record_begins_on_a_line_of_its_own(text in "([a\",;\n]|\r\n){0,40}") {
            if let Ok(records) = read(&text, None) {
                prop_assert!(records.all.windows(2).all(|two| two[0].0 < two[1].0), "{:?}", records.all);
            }
        }
    }
}
