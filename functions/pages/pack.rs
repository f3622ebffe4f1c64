//! Packs the files once, when the function is built, so that no request has to; and links the program.

#![expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

#[path = "../../shared/fixed_address.rs"]
mod fixed_address;

/// What `dashboard/build` makes, and what a test of the contract holds to the code.
const MADE: [(&str, &[&str]); 2] = [
    ("dashboard/made", &["dashboard.html", "dashboard.js", "dashboard.css", "icon.svg"]),
    ("contract", &["openapi.json", "docs.html"]),
];

fn main() -> std::io::Result<()> {
    fixed_address::main();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    for (folder, names) in MADE {
        for name in names {
            let mut packed = GzEncoder::new(Vec::new(), Compression::best());
            packed.write_all(&std::fs::read(Path::new(folder).join(name))?)?;
            std::fs::write(out.join(format!("{name}.gz")), packed.finish()?)?;
        }
        println!("cargo::rerun-if-changed={folder}");
    }
    Ok(())
}
