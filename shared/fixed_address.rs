//! Links the program to stand at a fixed address, and functions that came out alike to be one.

#![expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

pub(crate) fn main() {
    // The time zones are tables full of pointers, 40,000 of them. Without a fixed address each has to be set at every
    // start, which takes as long as all else that a function that does nothing does until it asks for work.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    // Rust's own linker for this target can fold them; any other one that is set may not know how.
    let target = std::env::var("TARGET").unwrap_or_default();
    if target == "x86_64-unknown-linux-gnu" && std::env::var_os("RUSTC_LINKER").is_none() {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
    println!("cargo::rerun-if-changed=../../shared/fixed_address.rs");
}
