//! reckon
fn main() {}
