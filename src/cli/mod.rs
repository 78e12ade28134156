//! The command line: one file per verb.

mod compare;
mod data;
mod energy;
mod evaluate;
mod examples;
mod interrupt;
mod model;
mod network;
mod nir;
mod options;
mod pages;
mod plot;
mod progress;
mod report;
mod run;
mod simulate;
mod stats;
mod talk;

use clap::{ArgAction, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use spikefuse::base::files::json_text as json;
use spikefuse::{Error, Result};
use std::fmt::Write as _;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::time::Instant;

/// Event-driven spiking simulation joined to a dense hybrid model: the Spiking Tucker Fusion
/// Transformer.
#[derive(Parser)]
#[command(version, about, max_term_width = 100, disable_help_flag = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// Tell nothing but results and errors: no bars, no warnings
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 100)]
    quiet: bool,
    /// Tell on stderr what is read and written, and how long it took
    #[arg(short, long, global = true, display_order = 100)]
    verbose: bool,
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort, display_order = 101)]
    help: Option<bool>,
}

#[derive(Subcommand)]
enum Verb {
    /// Train both stages, test event by event, report accuracy, spikes, operations and energy
    Run(run::Run),
    /// Train both stages into a folder, with a checkpoint after each epoch
    Train(run::Train),
    /// Test a network on labelled inputs, or a trained model
    Evaluate(evaluate::Evaluate),
    /// Run a trained model's spiking branch event-driven and clock-driven, and compare clip by clip
    Compare(compare::Compare),
    /// What a run costs by published energy tables
    Energy(energy::EnergyOptions),
    /// Show finished runs again: as a table, side by side, as one page with pictures, or the pictures
    Report(report::ReportOptions),
    /// Simulate a network of spiking neurons
    Simulate(simulate::Simulate),
    /// Rates, intervals, variability and synchrony of a recording in numbers
    Stats(stats::StatsArgs),
    /// Draw a recording as SVG or PNG
    #[command(subcommand)]
    Plot(plot::Plot),
    /// Make the embedded data set as files, or look into a data folder
    #[command(subcommand)]
    Data(data::Data),
    /// Write a trained model in another form
    #[command(subcommand)]
    Model(model::Model),
    /// Check a network file, or look into it
    #[command(subcommand)]
    Network(network::Network),
    /// Check graphs of the Neuromorphic Intermediate Representation, look into them, convert them
    #[command(subcommand)]
    Nir(nir::Nir),
    /// Print this message or the help of a verb
    Help(pages::Help),
    /// Print the completions of a shell
    Completions(pages::Completions),
    /// Print the manual page of the program or of a verb
    Man(pages::Man),
}

/// The definition of the command line.
fn command() -> Command {
    // `help VERB` is a verb of its own: clap's prints another text than `VERB --help`.
    let command = ["plot", "data", "model", "network"]
        .into_iter()
        .fold(Cli::command(), |command, verb| command.mut_subcommand(verb, |verb| verb.disable_help_subcommand(true)));
    examples::with_examples(command)
}

/// What was asked for; ends the program if that is wrong or was help.
pub fn parse() -> Cli {
    Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|e| e.exit())
}

impl Cli {
    /// Does what was asked for.
    pub fn run(self) -> Result<ExitCode> {
        talk::set(self.quiet, self.verbose);
        let start = Instant::now();
        let hybrid = match &self.verb {
            Verb::Run(_) | Verb::Train(_) | Verb::Model(_) => true,
            Verb::Evaluate(verb) => verb.is_of_a_model(),
            Verb::Compare(verb) => verb.is_of_a_model(),
            _ => false,
        };
        options::start_threads(hybrid)?;
        let done = match self.verb {
            Verb::Run(verb) => verb.run(),
            Verb::Train(verb) => verb.run(),
            Verb::Evaluate(verb) => verb.run(),
            Verb::Compare(verb) => verb.run(),
            Verb::Energy(verb) => verb.run(),
            Verb::Report(verb) => verb.run(),
            Verb::Simulate(verb) => verb.run(),
            Verb::Stats(verb) => verb.run(),
            Verb::Plot(verb) => verb.run(),
            Verb::Data(verb) => verb.run(),
            Verb::Model(verb) => verb.run(),
            Verb::Network(verb) => verb.run(),
            Verb::Nir(verb) => verb.run(),
            Verb::Help(verb) => verb.run(),
            Verb::Completions(verb) => verb.run(),
            Verb::Man(verb) => verb.run(),
        };
        talk::detail(format_args!("took {:.3} s", start.elapsed().as_secs_f64()));
        done
    }
}

/// A text as a terminal may show it: what would steer it is escaped, in a way that JSON has too.
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            // A string takes whatever is written.
            c if c.is_control() => drop(write!(shown, "\\u{:04x}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

/// Writes data to stdout. A reader that went away (`| head`) is no error.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(shown(text).as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Error::file("standard output", e)),
        _ => Ok(()),
    }
}
