//! collect
fn main() {}
