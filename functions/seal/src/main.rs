//! seal
fn main() {}
