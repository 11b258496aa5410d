//! `optrail completions` and `optrail man`: what a package installs beside the program, from the definition of its
//! arguments. They need no configuration and no database.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::output::{AtomicFile, DataFormat, to_stdout};
use super::{Cli, Exit};

/// Print completions for a shell
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail completions bash > ~/.local/share/bash-completion/completions/optrail
  optrail completions fish > ~/.config/fish/completions/optrail.fish
  optrail completions zsh > ~/.zfunc/_optrail")]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Writes the script to stdout.
pub fn run(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "optrail", &mut script);
    to_stdout(DataFormat::Raw, |out| Ok(out.write_all(&script)?))?;
    Ok(Exit::Done)
}

/// Print the manual page, or write one for each command
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail man | man -l -
  optrail man --output /usr/local/share/man/man1")]
pub struct ManArgs {
    /// Write optrail.1 and a page for each command into this directory
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// Writes the page to stdout, or all of them into a directory.
pub fn man(args: &ManArgs) -> anyhow::Result<Exit> {
    let mut command = Cli::command();
    command.build();
    let Some(directory) = &args.output else {
        let page = page(&command)?;
        to_stdout(DataFormat::Raw, |out| Ok(out.write_all(&page)?))?;
        return Ok(Exit::Done);
    };
    if !directory.is_dir() {
        bail!("{} is no directory; make it first", directory.display());
    }
    for (name, page) in pages(&command)? {
        let path = directory.join(name);
        let write = || -> anyhow::Result<()> {
            let mut file = AtomicFile::create(&path)?;
            std::io::Write::write_all(&mut file, &page)?;
            Ok(file.commit()?)
        };
        write().with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Exit::Done)
}

/// The page of each command and of those below it, by its file name.
fn pages(command: &clap::Command) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut pages = vec![(format!("{name}.1"), page(command)?)];
    let below = command.get_subcommands();
    for command in below.filter(|command| command.get_name() != "help") {
        pages.extend(self::pages(command)?);
    }
    Ok(pages)
}

fn page(command: &clap::Command) -> anyhow::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_page_that_names_its_options() {
        let mut command = Cli::command();
        command.build();
        let pages = pages(&command).unwrap();
        let page = |name: &str| {
            let (_, page) = pages.iter().find(|(file, _)| file == name).unwrap();
            String::from_utf8(page.clone()).unwrap()
        };
        assert!(page("optrail.1").contains(".SH NAME"));
        assert!(page("optrail-collect.1").contains("\\-\\-deadline"));
        assert!(page("optrail-watch-add-ros.1").contains("Examples"));
        assert!(pages.len() > 30, "{}", pages.len());
    }
}
