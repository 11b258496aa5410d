//! optrail: parse, run, say what went wrong.
use clap::Parser;
use optrail::cli::{Cli, Command, Exit};
use optrail::config::{Config, Surroundings};
fn main() -> Exit {
    let cli = Cli::parse();
    let r = match &cli.command {
        Command::Demo(args) => optrail::cli::demo::run(args, &cli.global),
        Command::Sandbox(args) => optrail::cli::sandbox::run(args),
        Command::Collect(args) => optrail::cli::collect::run(
            args,
            &Config::resolve(cli.global.flags(), &Surroundings::of_process()).unwrap(),
        ),
        Command::Stop(args) => optrail::cli::stop::run(
            args,
            &Config::resolve(cli.global.flags(), &Surroundings::of_process()).unwrap(),
        ),
        _ => unimplemented!(),
    };
    match r {
        Ok(e) => e,
        Err(e) => {
            eprintln!("{e:#}");
            Exit::Failed
        }
    }
}
