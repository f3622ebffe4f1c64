//! Placeholder.
use std::io::Write;
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    pub file: std::path::PathBuf,
}
pub struct Summary {
    pub rejected: Vec<String>,
}
pub async fn run(
    _: ImportArgs,
    _: &mut (dyn Write + Send),
    _: Option<String>,
) -> Result<Summary, std::io::Error> {
    Ok(Summary { rejected: vec![] })
}
