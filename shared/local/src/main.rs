//! `reckon`: the whole system on one machine, and the import of files.

use std::io::stderr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use reckon::demo;
use reckon::import::{self, ImportArgs};
use reckon::reconcile::{self, ReconcileArgs};
use reckon::serve::{self, Options, keys_file};
use reckon_core::http::log_filter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Reckon: a report API for performance marketing, on this machine.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The port to serve on.
    #[arg(long, default_value_t = 8080, global = true)]
    port: u16,
    /// The folder of the database and the demo site's keys.
    #[arg(long, default_value = ".reckon", global = true)]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
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

fn main() -> ExitCode {
    // The embedded engine warns of every condition that does not hold, which is how retries are recognised.
    let filter = log_filter(std::env::var("RECKON_LOG").ok().as_deref());
    let filter = filter.with_target("dynoxide", LevelFilter::ERROR);
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr);
    tracing_subscriber::registry().with(lines).with(filter).init();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    runtime.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> ExitCode {
    let Arguments { command, port, data } = arguments;
    let mut out = std::io::stdout();
    match command.unwrap_or(Command::Serve) {
        Command::Serve => match Box::pin(serve::serve(&Options { port, data }, &mut out)).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        },
        Command::Table { listen, name } => match serve::serve_table(&data, listen, &name, &mut out).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        },
        Command::Import(args) => {
            let key = demo::read(&keys_file(&data)).ok().flatten().map(|keys| keys.write);
            match import::run(*args, &mut out, key).await {
                Ok(summary) if summary.rejected.is_empty() => ExitCode::SUCCESS,
                Ok(_) => ExitCode::FAILURE,
                Err(error) => fail(&error),
            }
        }
        Command::Reconcile(args) => {
            let key = demo::read(&keys_file(&data)).ok().flatten().map(|keys| keys.read);
            let result = reconcile::run(*args, &mut out, key).await;
            if let Err(error) = &result {
                fail(error);
            }
            ExitCode::from(reconcile::exit_code(&result))
        }
    }
}

/// Says what went wrong, and why as far as is known.
fn fail(error: &dyn std::error::Error) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    tracing::error!("{text}");
    ExitCode::FAILURE
}
