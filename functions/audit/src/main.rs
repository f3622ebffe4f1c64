//! The audit function on Lambda.

use reckon_core::http::{LambdaError, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve(audit::routes()).await
}
