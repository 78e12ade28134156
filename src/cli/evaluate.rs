//! `evaluate`.

use super::options::{DataOptions, DriverOption, NetworkOptions, folder, sensor, threads};
use super::progress::bar;
use super::simulate::available_threads;
use super::talk;
use clap::{Args, ValueEnum};
use spikefuse::base::files::Hold;
use spikefuse::data::Dataset;
use spikefuse::evaluation::{Encoding, Evaluation, ReadOut};
use spikefuse::hybrid::saved::{Saved, TestClips};
use spikefuse::report::{EvaluationReport, Report, take_for_report};
use spikefuse::samples::{Opening, Samples};
use spikefuse::spiking::Driver;
use spikefuse::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `evaluate`.
#[derive(Args)]
pub struct Evaluate {
    /// Network (.ron, .nir, .net) to test on --data; without it, a trained model
    #[arg(value_name = "NETWORK.ron", required_unless_present = "model", conflicts_with = "model")]
    network: Option<PathBuf>,
    /// Folder that `run --out` or `train --out` wrote
    #[arg(long, value_name = "DIR", value_parser = folder())]
    model: Option<PathBuf>,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    inputs: InputOptions,
    #[command(flatten)]
    reach: NetworkOptions,
    /// Way through time
    #[arg(long, value_enum, default_value = "event")]
    driver: DriverOption,
    /// Folder for the report and its tables
    #[arg(long, value_name = "DIR", value_parser = folder())]
    out: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// How a network is fed and read out.
#[derive(Args)]
struct InputOptions {
    /// Names and classes as text, idx or .npy [default: names of folders]
    #[arg(long, value_name = "FILE", requires = "network")]
    labels: Option<PathBuf>,
    /// Size of the event camera [default: its files say, or 34x34]
    #[arg(long, value_name = "WxH", requires = "network", value_parser = sensor)]
    sensor: Option<[u32; 2]>,
    /// Only the first N samples
    #[arg(long, value_name = "N", requires = "network")]
    limit: Option<usize>,
    /// Ticks of each clip [default: up to its last event]
    #[arg(long, value_name = "N", requires = "network")]
    steps: Option<u32>,
    /// Time of events in a tick [default: dt_ms]
    #[arg(long, value_name = "MS", requires = "network", allow_negative_numbers = true)]
    bin: Option<f64>,
    /// Values as input
    #[arg(long, value_name = "HOW", value_enum, default_value = "direct", requires = "network")]
    encode: EncodingOption,
    /// Output says [default: counts, or without spikes last or membrane]
    #[arg(long, value_name = "WHAT", value_enum, requires = "network")]
    read_out: Option<ReadOutOption>,
    /// Source that inputs replace [default: the only one, or 'input']
    #[arg(long, value_name = "NAME", requires = "network")]
    input: Option<String>,
    /// Population read out [default: the last one, or 'output']
    #[arg(long, value_name = "NAME", requires = "network")]
    output: Option<String>,
    /// Run the other driver as well, and compare clip by clip
    #[arg(long, requires = "network")]
    compare: bool,
    /// Most threads [default: all]
    #[arg(long, value_name = "N", requires = "network", value_parser = threads)]
    threads: Option<usize>,
}

/// [`Encoding`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum EncodingOption {
    Direct,
    Rate,
    Latency,
}

/// [`ReadOut`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum ReadOutOption {
    Counts,
    Membrane,
    FirstSpike,
    Last,
}

impl Evaluate {
    /// Whether it is about a trained model.
    pub fn is_of_a_model(&self) -> bool {
        self.model.is_some()
    }

    /// Tests a network, or a model on the test clips.
    pub fn run(self) -> Result<ExitCode> {
        match (&self.network, &self.model) {
            (Some(network), _) => self.of_network(network),
            (None, Some(model)) => self.of_model(model),
            (None, None) => Err(Error::value("evaluate", "neither a network nor a model")),
        }
    }

    /// Tests a network; exit code 1 if drivers were compared and differ.
    fn of_network(&self, file: &Path) -> Result<ExitCode> {
        let inputs = &self.inputs;
        let Some(data) = &self.data.data else {
            return Err(Error::value("data", "labelled inputs are missing").with_hint("give --data FOLDER or FILE"));
        };
        let compiled = self.reach.read(file)?.compile(&self.reach.settings(None))?;
        let opening = Opening { labels: inputs.labels.clone(), sensor: inputs.sensor, limit: inputs.limit };
        let samples = Samples::open(data, &opening)?;
        talk::read(data);
        let files = compiled.files.iter().cloned().chain([file.to_path_buf()]).chain(inputs.labels.clone());
        let files: Vec<PathBuf> = files.collect();
        let hold = self.out.as_deref().map(|out| EvaluationReport::take_folder(out, &files)).transpose()?;
        let mut evaluation = Evaluation::new(&compiled.network)
            .encoding(match inputs.encode {
                EncodingOption::Direct => Encoding::Direct,
                EncodingOption::Rate => Encoding::Rate,
                EncodingOption::Latency => Encoding::Latency,
            })
            .seed(compiled.seed)
            .threads(inputs.threads.unwrap_or_else(available_threads))
            .driver(self.driver.driver());
        if let Some(read_out) = inputs.read_out {
            evaluation = evaluation.read_out(match read_out {
                ReadOutOption::Counts => ReadOut::Counts,
                ReadOutOption::Membrane => ReadOut::Membrane,
                ReadOutOption::FirstSpike => ReadOut::FirstSpike,
                ReadOutOption::Last => ReadOut::Last,
            });
        }
        if let Some(steps) = inputs.steps.or(compiled.duration.filter(|_| samples.is_analog())) {
            evaluation = evaluation.steps(steps);
        }
        if let Some(bin_ms) = inputs.bin {
            evaluation = evaluation.bin_ms(bin_ms);
        }
        if let Some(name) = &inputs.input {
            evaluation = evaluation.source(name);
        }
        if let Some(name) = &inputs.output {
            evaluation = evaluation.output(name);
        }
        let run = |evaluation: &Evaluation| {
            let testing = bar("test", samples.len());
            let outcome = evaluation.run(&samples, &|clips| testing.inc(clips as u64));
            testing.finish_and_clear();
            outcome
        };
        let outcome = run(&evaluation)?;
        let other = match (inputs.compare, outcome.driver) {
            (false, _) => None,
            (true, Driver::Clock) => Some(run(&evaluation.driver(Driver::Event))?),
            (true, _) => Some(run(&evaluation.driver(Driver::Clock))?),
        };
        let report = EvaluationReport::new(&outcome, other.as_ref());
        if let Some(out) = &self.out {
            report.save(out)?;
            talk::wrote(out);
        }
        hold.into_iter().for_each(Hold::done);
        super::print(&if self.json { super::json(&report)? } else { report.to_string() })?;
        Ok(ExitCode::from(u8::from(report.parity.is_some_and(|parity| !parity.equal))))
    }

    /// Tests a model on the test clips.
    fn of_model(&self, model: &Path) -> Result<ExitCode> {
        let saved = Saved::load(model)?;
        talk::read(model);
        let dataset = self.data.open()?;
        saved.check_dataset(&dataset)?;
        let hold = self.out.as_deref().map(|out| take_for_report(out, model, &self.data.vocabulary)).transpose()?;
        let clips = TestClips::load(&dataset)?;
        let report = report(&saved, &dataset, &clips, self.driver.driver(), &saved.fewer_steps(), false)?;
        if let Some(out) = &self.out {
            report.save(out)?;
            talk::wrote(out);
        }
        hold.into_iter().for_each(Hold::done);
        super::print(&if self.json { super::json(&report)? } else { report.to_string() })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Tests a model, for `fewer` time steps too, and reports; with the drivers' comparison if
/// `compare`.
pub fn report(
    saved: &Saved,
    dataset: &Dataset,
    clips: &TestClips,
    driver: Driver,
    fewer: &[usize],
    compare: bool,
) -> Result<Report> {
    let testing = bar("test", clips.count() * (1 + fewer.len()));
    let tested = saved.test(dataset, clips, driver, fewer, |clips| testing.inc(clips as u64))?;
    testing.finish_and_clear();
    let mut parity = None;
    if compare {
        let comparing = bar("compare", clips.count());
        parity = saved.compare(clips, |clips| comparing.inc(clips as u64))?;
        comparing.finish_and_clear();
    }
    Report::of_saved(saved, dataset, &tested, parity)
}
