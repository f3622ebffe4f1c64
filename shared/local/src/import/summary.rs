//! What became of an import, for people.

use std::collections::BTreeMap;
use std::io::Write;

use super::row::Line;
use super::send::Sent;

/// What became of an import: its lines are accepted, rejected, skipped or repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines read, without headers.
    pub lines: u64,
    /// Events that are stored now, by this run or an earlier one.
    pub accepted: u64,
    /// Lines that could not be read or were refused, and why.
    pub rejected: Vec<(Line, String)>,
    /// How many lines are no events, by the reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// How many lines say again what another says of its order or id.
    pub repeated: u64,
}

/// What became of the events of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// What is accepted is stored.
    Stored,
    /// The deployment said what it would accept, and stored nothing.
    Rehearsed,
    /// Nobody could be asked; so many could be sent.
    Unknown(usize),
}

/// How many rejected lines are printed.
const SHOWN: usize = 20;

/// So many of something: `1 row`, `2 rows`.
pub(crate) fn counted(number: u64, one: &str, more: &str) -> String {
    let noun = if number == 1 { one } else { more };
    format!("{number} {noun}")
}

impl Summary {
    /// Adds what became of the events that were sent.
    pub(super) fn add(&mut self, sent: Sent) {
        self.accepted += sent.accepted;
        self.repeated += sent.repeated;
        self.rejected.extend(sent.rejected);
        self.rejected.sort();
    }

    /// Prints it.
    pub fn print(&self, became: Became, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        let skipped: u64 = self.skipped.values().sum();
        let Self { lines, accepted, rejected, repeated, .. } = self;
        let lines = counted(*lines, "line", "lines");
        let again = if *repeated > 0 { format!(", {repeated} repeated") } else { String::new() };
        let of_them = match became {
            Became::Stored => format!("{accepted} accepted"),
            Became::Rehearsed => format!("{accepted} would be accepted"),
            Became::Unknown(read) => format!("{read} can be read"),
        };
        writeln!(out, "{lines}: {of_them}, {} rejected, {skipped} skipped{again}", rejected.len())?;
        for (line, reason) in rejected.iter().take(SHOWN) {
            writeln!(out, "  rejected {line}: {reason}")?;
        }
        if rejected.len() > SHOWN {
            writeln!(out, "  and {} more", rejected.len() - SHOWN)?;
        }
        for (reason, count) in &self.skipped {
            writeln!(out, "  skipped {count}: {reason}")?;
        }
        if *repeated > 0 {
            let rows = counted(*repeated, "row repeats", "rows repeat");
            writeln!(out, "  {rows} an order or id that another row tells in the same way")?;
        }
        Ok(())
    }
}
