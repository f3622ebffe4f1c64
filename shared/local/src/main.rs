//! `reckon`: the whole system on one machine, and the import of files.

use std::io::stderr;
use std::process::ExitCode;

use reckon::command_line::{Arguments, Command, arguments, tell};
use reckon::serve::{self, Options, keys_file};
use reckon::{demo, import, reconcile};
use reckon_core::http::log_filter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> ExitCode {
    // The embedded engine warns of every condition that does not hold, which is how retries are recognised.
    let filter = log_filter(std::env::var("RECKON_LOG").ok().as_deref());
    let filter = filter.with_target("dynoxide", LevelFilter::ERROR);
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr);
    tracing_subscriber::registry().with(lines).with(filter).init();
    let arguments = arguments(std::env::args_os()).unwrap_or_else(|error| error.exit());
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

/// Says what went wrong, and why as far as is known: a sentence for whoever typed the command, and no line of a log.
fn fail(error: &dyn std::error::Error) -> ExitCode {
    // Who cannot be told still gets the exit code.
    let _ = tell(&mut stderr(), error);
    ExitCode::FAILURE
}
