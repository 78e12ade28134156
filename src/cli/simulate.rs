//! `simulate`.

use super::options::{DriverOption, NetworkOptions};
use super::progress::RunBars;
use clap::{Args, ValueEnum};
use spikefuse::Result;
use spikefuse::recording::{SpikeFormat, TraceFormat};
use spikefuse::report::SimulationReport;
use spikefuse::simulator::{Job, Output};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `simulate`.
#[derive(Args)]
pub struct Simulate {
    /// Network file (.ron), or the simulation_config.json of a SONATA network
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Spikes in place of a source's own; SOURCE= may be left out if there is one source, :POP if the file has one population.
    /// May be given several times
    #[arg(long, value_name = "[SOURCE=]FILE[:POP]")]
    input: Vec<OsString>,
    /// Simulated time [default: the network file's]
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    duration: Option<f64>,
    /// How to go through time
    #[arg(long, value_enum, default_value_t = DriverOption::Auto)]
    driver: DriverOption,
    /// Most threads [default: all]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Seed in place of the network file's
    #[arg(long)]
    seed: Option<u64>,
    /// What to record in place of what the network file says: spikes, spikes:POP[0..4], spikes:SOURCE, membrane:POP[3], threshold:POP,
    /// current:POP, ...
    #[arg(long, value_name = "LIST")]
    record: Option<String>,
    /// Folder for recording and report
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Form of the recorded spikes
    #[arg(long, value_enum, default_value_t = FormatOption::H5, requires = "out")]
    format: FormatOption,
    /// Keep a checkpoint in the folder every so much simulated time
    #[arg(long, value_name = "MS", requires = "out", allow_negative_numbers = true)]
    checkpoint: Option<f64>,
    /// Go on from the last checkpoint in the folder; without this a run begins anew
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    #[command(flatten)]
    reach: NetworkOptions,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatOption {
    H5,
    Csv,
    Npz,
}

impl Simulate {
    /// Simulates.
    pub fn run(self) -> Result<ExitCode> {
        let mut job = Job::read(&self.network, self.seed, self.reach.files_anywhere)?;
        if !job.unused.is_empty() {
            eprintln!("warning: {}: not used: {}", self.network.display(), job.unused.join(", "));
        }
        if let Some(list) = &self.record {
            job = job.record(list)?;
        }
        let ticks = job.duration(self.duration)?;
        let job = self.input.iter().try_fold(job, |job, input| job.replace_source(input))?;
        let threads = self.threads.map_or_else(available_threads, NonZeroUsize::get);
        let output = self.out.map(|folder| Output {
            folder,
            formats: match self.format {
                FormatOption::H5 => (SpikeFormat::H5, TraceFormat::Npz),
                FormatOption::Csv => (SpikeFormat::Csv, TraceFormat::Csv),
                FormatOption::Npz => (SpikeFormat::Npz, TraceFormat::Npz),
            },
            checkpoint_ms: self.checkpoint,
            resume: self.resume,
        });
        let finished = job.simulate(ticks, self.driver.driver(), threads, output.as_ref(), &RunBars::default())?;
        let report = SimulationReport::new(&finished);
        let json = super::json(&report)?;
        finished.appear(&json)?;
        super::print(&if self.json { json } else { report.to_string() })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Threads that the machine runs at once.
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}
