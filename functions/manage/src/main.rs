//! The manage function on Lambda.

use lambda_http::{Error, run};
use reckon_core::http::{App, finish, log_to_stdout};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log_to_stdout();
    run(finish(manage::routes(), App::from_env()?)).await
}
