//! The `oncorules` command.

fn main() {}
