//! What became of an import, for people.

use std::collections::BTreeMap;
use std::io::Write;

use super::row::Line;

/// What became of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines read.
    pub lines: u64,
    /// Events that are stored now, by this run or an earlier one.
    pub accepted: u64,
    /// Lines that could not be read or were refused, and why.
    pub rejected: Vec<(Line, String)>,
    /// How many lines are no events, by the reason.
    pub skipped: BTreeMap<&'static str, u64>,
}

/// How many rejected lines are printed.
const SHOWN: usize = 20;

impl Summary {
    /// Prints it.
    pub fn print(&self, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        let skipped: u64 = self.skipped.values().sum();
        let Self { lines, accepted, rejected, .. } = self;
        writeln!(out, "{lines} lines: {accepted} accepted, {} rejected, {skipped} skipped", rejected.len())?;
        for (line, reason) in rejected.iter().take(SHOWN) {
            writeln!(out, "  rejected {line}: {reason}")?;
        }
        if rejected.len() > SHOWN {
            writeln!(out, "  and {} more", rejected.len() - SHOWN)?;
        }
        for (reason, count) in &self.skipped {
            writeln!(out, "  skipped {count}: {reason}")?;
        }
        Ok(())
    }
}
