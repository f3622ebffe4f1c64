//! The report function on Lambda.

use lambda_http::Error;
use reckon_core::http::{App, finish, log_to_stdout, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log_to_stdout();
    run(finish(report::routes(), App::from_env()?)).await
}
