//! The aggregate function on Lambda, triggered by the table's stream.

use std::time::{Duration, SystemTime};

use aggregate::{StreamAnswer, StreamEvent, aggregate};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use reckon_core::http::App;

/// What is kept free at the end of a run to answer in.
const RESERVE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    reckon_core::http::log_to_stdout();
    let app = &App::from_env()?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<StreamEvent>| {
        let deadline = event.context.deadline();
        let out_of_time = || SystemTime::now() + RESERVE > deadline;
        let failed = aggregate(&app.store, &event.payload.triggers(), app.clock.now(), out_of_time).await;
        Ok::<_, Error>(StreamAnswer::again(failed))
    }))
    .await
}
