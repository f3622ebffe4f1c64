//! The command line: what the program can be asked, and how it says what went wrong.

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::import::ImportArgs;
use crate::reconcile::ReconcileArgs;

/// Reckon: a report API for performance marketing, on this machine.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// What to do; to serve where it is left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The port to serve on; of `import` and `reconcile` that of 127.0.0.1, where they are given no --url.
    #[arg(long, default_value_t = 8080, global = true)]
    pub port: u16,
    /// The folder of the database and the demo site's keys.
    #[arg(long, default_value = ".reckon", global = true)]
    pub data: PathBuf,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve everything on 127.0.0.1; what happens without a command.
    Serve,
    /// Serve only the embedded table, for `sam local`, containers and other tools.
    Table {
        /// The address to serve it on; 0.0.0.0 lets containers reach it.
        #[arg(long, default_value = "127.0.0.1:8000")]
        listen: SocketAddr,
        /// The table's name.
        #[arg(long, default_value = "reckon")]
        name: String,
    },
    /// Send the events of a file.
    Import(Box<ImportArgs>),
    /// Hold a list of your own, such as a shop's orders, against what is counted.
    Reconcile(Box<ReconcileArgs>),
}

/// What a command line says.
pub fn arguments(line: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let matches = Arguments::command().try_get_matches_from(line)?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    let given = |matches: &ArgMatches, id: &str| {
        matches.value_source(id).is_some_and(|source| source != ValueSource::DefaultValue)
    };
    let Some((_, of_command)) = matches.subcommand() else { return Ok(arguments) };
    let local = format!("http://127.0.0.1:{}", arguments.port);
    match &mut arguments.command {
        Some(Command::Import(args)) if !given(of_command, "url") => args.url = local,
        Some(Command::Reconcile(args)) if !given(of_command, "url") => args.url = local,
        Some(Command::Table { .. }) if given(of_command, "port") || given(&matches, "port") => {
            let detail = "--port says nothing of the table alone; --listen says where it is served";
            return Err(Arguments::command().error(ErrorKind::ArgumentConflict, detail));
        }
        _ => {}
    }
    Ok(arguments)
}

/// Writes an error and its causes as one sentence.
pub fn tell(out: &mut dyn Write, error: &dyn std::error::Error) -> std::io::Result<()> {
    write!(out, "{error}")?;
    let mut cause = error.source();
    while let Some(inner) = cause {
        write!(out, ": {inner}")?;
        cause = inner.source();
    }
    writeln!(out)
}
