//! aggregate
fn main() {}
