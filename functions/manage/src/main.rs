//! manage
fn main() {}
