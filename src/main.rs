//! optrail
fn main() {}
