//! The seal function on Lambda, run by a schedule.

use std::time::{Duration, SystemTime};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use reckon_core::http::App;
use seal::seal;
use serde_json::Value;

/// What is kept free at the end of a run, so that a step that has begun can end.
const RESERVE: Duration = Duration::from_mins(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    reckon_core::http::log_to_stdout();
    let app = &App::from_env()?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let deadline = event.context.deadline();
        let out_of_time = || SystemTime::now() + RESERVE > deadline;
        match seal(&app.store, app.clock.now(), app.config.retention_days, &out_of_time).await? {
            0 => Ok(()),
            failed => Err(Error::from(format!("{failed} sites could not be sealed; the log says why"))),
        }
    }))
    .await
}
