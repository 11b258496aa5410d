//! optrail: parse what was typed, do it, say what went wrong, exit.
#![forbid(unsafe_code)]

use clap::Parser as _;
use optrail::cli::{Cli, Exit, run};

fn main() -> Exit {
    run(&Cli::parse())
}
