//! `help`, `completions` and `man`: pages made of the definition of the command line.

use clap::Args;
use clap_complete::Shell;
use spikefuse::{Error, Result};
use std::process::ExitCode;

/// Options of `help`.
#[derive(Args)]
pub struct Help {
    /// Verb whose help is meant, as in `help plot raster` [default: the program's]
    #[arg(value_name = "VERB")]
    verb: Vec<String>,
}

/// Options of `completions`.
#[derive(Args)]
pub struct Completions {
    /// Shell that reads them
    #[arg(value_enum)]
    shell: Shell,
}

/// Options of `man`.
#[derive(Args)]
pub struct Man {
    /// Verb whose page is meant, as in `man plot raster` [default: the program's page]
    #[arg(value_name = "VERB")]
    verb: Vec<String>,
}

impl Help {
    /// Prints what `--help` behind the verb prints.
    pub fn run(self) -> Result<ExitCode> {
        let args = ["spikefuse".to_owned()].into_iter().chain(self.verb).chain(["--help".to_owned()]);
        // Both help and the refusal of an unknown verb end the program.
        super::command().get_matches_from(args);
        Ok(ExitCode::SUCCESS)
    }
}

impl Completions {
    /// Prints the completions of a shell.
    pub fn run(self) -> Result<ExitCode> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "spikefuse", &mut text);
        print(text)
    }
}

impl Man {
    /// Prints a page.
    pub fn run(self) -> Result<ExitCode> {
        let mut command = super::command();
        command.build();
        let mut page = &command;
        for verb in &self.verb {
            page = page.find_subcommand(verb).ok_or_else(|| {
                Error::value("man", format!("there is no verb '{}'", self.verb.join(" ")))
                    .with_hint("spikefuse --help lists them")
            })?;
        }
        let mut text = Vec::new();
        let rendered = clap_mangen::Man::new(page.clone()).render(&mut text);
        rendered.map_err(|e| Error::value("man", e))?;
        print(text)
    }
}

fn print(text: Vec<u8>) -> Result<ExitCode> {
    super::print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}
