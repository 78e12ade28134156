//! `simulate`.

use super::options::{DriverOption, NetworkOptions, folder, number, seed, threads};
use super::progress::RunBars;
use super::{interrupt, talk};
use clap::{Args, ValueEnum};
use spikefuse::base::files::ending;
use spikefuse::recording::{SpikeFormat, TraceFormat};
use spikefuse::report::SimulationReport;
use spikefuse::simulator::{Job, Output};
use spikefuse::{Error, Result};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `simulate`.
#[derive(Args)]
pub struct Simulate {
    /// Network file (.ron), NIR graph (.nir), NetX (.net), - for standard input, or the simulation_config.json of a
    /// SONATA network
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Spikes in place of a source's own; SOURCE= may be left out if there is one source, :POP if
    /// the file has one population. Of an array of samples :N is one. May be given several times
    #[arg(long, value_name = "[SOURCE=]FILE[:POP]")]
    input: Vec<OsString>,
    /// Simulated time [default: the network file's]
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    duration: Option<f64>,
    /// How to go through time
    #[arg(long, value_enum, default_value_t = DriverOption::Auto)]
    driver: DriverOption,
    /// Most threads [default: all]
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    threads: Option<usize>,
    /// Seed in place of the network file's
    #[arg(long, value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// What to record in place of what the network file says: spikes, spikes:POP[0..4],
    /// spikes:SOURCE, membrane:POP[3], threshold:POP, current:POP, ...
    #[arg(long, value_name = "LIST")]
    record: Option<String>,
    /// Folder for recording and report
    #[arg(long, value_name = "DIR", value_parser = folder())]
    out: Option<PathBuf>,
    /// Form of the recorded spikes
    #[arg(long, value_enum, default_value_t = FormatOption::H5, requires = "out")]
    format: FormatOption,
    /// Keep a checkpoint in the folder every so much simulated time
    #[arg(long, value_name = "MS", requires = "out", allow_negative_numbers = true, value_parser = number)]
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
        let mut job = self.job()?;
        if !job.unused.is_empty() {
            talk::warn(format_args!("{}: not used: {}", self.network.display(), job.unused.join(", ")));
        }
        if let Some(list) = &self.record {
            job = job.record(list)?;
        }
        let ticks = job.duration(self.duration)?;
        let job = self.input.iter().try_fold(job, |job, input| job.replace_source(input))?;
        let threads = self.threads.unwrap_or_else(available_threads);
        interrupt::catch(self.out.as_deref().filter(|_| self.checkpoint.is_some()));
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
        talk::detail(format_args!("built in {:.3} s, simulated in {:.3} s", finished.build_s, finished.run_s));
        finished.appear(&json)?;
        if let Some(output) = &output {
            talk::wrote(&output.folder);
        }
        super::print(&if self.json { json } else { report.to_string() })?;
        Ok(ExitCode::SUCCESS)
    }

    fn job(&self) -> Result<Job> {
        if ending(&self.network) != "json" {
            return Job::of_file(&self.reach.read(&self.network)?, self.seed, self.reach.files_anywhere);
        }
        if !self.reach.set.is_empty() {
            return Err(Error::value("--set", "is for network files (.ron) only"));
        }
        let job = Job::read(&self.network, self.seed, self.reach.files_anywhere)?;
        talk::read(&self.network);
        Ok(job)
    }
}

/// Threads that the machine runs at once.
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}
