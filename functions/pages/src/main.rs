//! The pages function on Lambda. It reads no table, so it is given none.

use reckon_core::http::{LambdaError, serve_alone};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve_alone(pages::routes()).await
}
