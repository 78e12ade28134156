//! `plot`.

use super::options::{check_input, number, read_recording, tell_of};
use super::talk;
use clap::{Args, Subcommand};
use spikefuse::base::files::{is_stdout, refuse_foreign, refuse_inputs, write_output};
use spikefuse::base::text::counted;
use spikefuse::plot::{
    Figure, Format, IsiBins, IsiOptions, RasterOptions, RateOptions, Smoothing, Span, Table, TraceOptions, find_trace,
    isi, isi_data, membrane, membrane_data, raster, raster_data, rate, rate_data, threshold, threshold_beside,
    threshold_data,
};
use spikefuse::recording::{self, SpikeRecording, Trace, Variable, ids as ids_of, name_and_ids};
use spikefuse::{Error, Result};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to draw.
#[derive(Subcommand)]
pub enum Plot {
    /// Spikes of all neurons over time, with their rates
    Raster(Raster),
    /// Rates of the populations over time
    Rate(Rate),
    /// Intervals between the spikes of a neuron, with their coefficient of variation
    Isi(Isi),
    /// Membrane potentials of single neurons with thresholds and spikes, as far as they were recorded
    Membrane(Traces),
    /// Thresholds of single neurons
    Threshold(Traces),
}

/// Options of all figures.
#[derive(Args)]
pub struct Common {
    /// Folder that `simulate --out` wrote, or a file of spikes or traces
    #[arg(value_name = "DIR|FILE")]
    input: PathBuf,
    /// Draw as SVG
    #[arg(long, conflicts_with = "png")]
    svg: bool,
    /// Draw as PNG, 300 pixels per inch
    #[arg(long)]
    png: bool,
    /// File to write [default: the figure's name in the current folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also write the numbers that are drawn, as CSV
    #[arg(long, value_name = "FILE.csv")]
    data: Option<PathBuf>,
    /// Replace files even if they are no figures, or no numbers of this figure
    #[arg(long)]
    force: bool,
    /// Start at this time
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    from: Option<f64>,
    /// End before this time
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    to: Option<f64>,
}

/// Options of figures of spikes.
#[derive(Args)]
pub struct Spikes {
    #[command(flatten)]
    common: Common,
    /// Draw this population only, or some of its neurons, as NAME[0..10]; may be given several
    /// times
    #[arg(long, value_name = "NAME")]
    population: Vec<String>,
    /// Length of a tick, for a file that is not a folder's
    #[arg(long, value_name = "MS", default_value_t = 0.1, allow_negative_numbers = true, value_parser = number)]
    dt: f64,
}

/// Options of `plot raster`.
#[derive(Args)]
pub struct Raster {
    #[command(flatten)]
    spikes: Spikes,
    /// Width of the bins of the rates [default: about a hundredth of the time drawn, 2 ms or more]
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    bin: Option<f64>,
}

/// Options of `plot rate`.
#[derive(Args)]
pub struct Rate {
    #[command(flatten)]
    spikes: Spikes,
    /// Count in bins of this width
    #[arg(long, value_name = "MS", conflicts_with = "sigma", allow_negative_numbers = true, value_parser = number)]
    bin: Option<f64>,
    /// Smooth by a Gaussian of this standard deviation [default: about a hundredth of the time
    /// drawn, 2 ms or more]
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = number)]
    sigma: Option<f64>,
}

/// Options of `plot isi`.
#[derive(Args)]
pub struct Isi {
    #[command(flatten)]
    spikes: Spikes,
    /// Bins of one width instead of ten per decade
    #[arg(long)]
    linear: bool,
    /// Width of the linear bins [default: about a fiftieth of the longest interval]
    #[arg(long, value_name = "MS", requires = "linear", allow_negative_numbers = true, value_parser = number)]
    bin: Option<f64>,
}

/// Options of `plot membrane` and `plot threshold`.
#[derive(Args)]
pub struct Traces {
    #[command(flatten)]
    common: Common,
    /// Population, or some of its neurons, as NAME[0..3] [default: the first that was recorded]
    #[arg(long, value_name = "NAME")]
    population: Option<String>,
    /// Draw this neuron, or these, as 0..3; may be given several times [default: the first that
    /// were recorded]
    #[arg(long, value_name = "N")]
    neuron: Vec<String>,
}

impl Traces {
    /// The population asked for, without its neurons, and the neurons.
    fn chosen(&self) -> Result<(Option<&str>, Vec<u32>)> {
        /// More than any figure has room for.
        const MOST: usize = 100;
        let (name, ids) = self.population.as_deref().map_or((None, None), |text| {
            let (name, ids) = name_and_ids(text);
            (Some(name), ids)
        });
        let mut neurons = Vec::new();
        for text in ids.into_iter().chain(self.neuron.iter().map(String::as_str)) {
            let ids = ids_of(text, name.unwrap_or("POPULATION"), u32::MAX).map_err(|e| Error::value("--neuron", e))?;
            neurons.extend(ids.take(MOST));
        }
        Ok((name, neurons))
    }
}

impl Plot {
    /// Draws it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Plot::Raster(Raster { spikes: Spikes { common, population, dt }, bin }) => {
                let options = RasterOptions { span: common.span(), populations: population, bin_ms: bin };
                let recording = read_recording(&common.input, dt)?;
                common.write("raster", &raster(&recording, &options)?, || raster_data(&recording, &options))
            }
            Plot::Rate(Rate { spikes: Spikes { common, population, dt }, bin, sigma }) => {
                let smoothing = bin.map(Smoothing::Bins).or(sigma.map(Smoothing::Gaussian));
                let options = RateOptions { span: common.span(), populations: population, smoothing };
                let recording = read_recording(&common.input, dt)?;
                common.write("rate", &rate(&recording, &options)?, || rate_data(&recording, &options))
            }
            Plot::Isi(Isi { spikes: Spikes { common, population, dt }, linear, bin }) => {
                let bins = if linear { IsiBins::Linear(bin) } else { IsiBins::Log };
                let options = IsiOptions { span: common.span(), populations: population, bins };
                let recording = read_recording(&common.input, dt)?;
                common.write("isi", &isi(&recording, &options)?, || isi_data(&recording, &options))
            }
            Plot::Membrane(asked) => {
                let ((population, neuron), common) = (asked.chosen()?, &asked.common);
                let (traces, spikes) = common.traces()?;
                let trace = find_trace(&common.input, &traces, Variable::Membrane, population, &neuron)?;
                let drawn = if neuron.is_empty() { &trace.neurons } else { &neuron };
                let beside = threshold_beside(trace, &traces, drawn);
                let options = TraceOptions { span: common.span(), neurons: neuron };
                let figure = membrane(trace, beside, spikes.as_ref(), &options)?;
                common.write("membrane", &figure, || membrane_data(trace, beside, spikes.as_ref(), &options))
            }
            Plot::Threshold(asked) => {
                let ((population, neuron), common) = (asked.chosen()?, &asked.common);
                let (traces, _) = common.traces()?;
                let trace = find_trace(&common.input, &traces, Variable::Threshold, population, &neuron)?;
                let options = TraceOptions { span: common.span(), neurons: neuron };
                common.write("threshold", &threshold(trace, &options)?, || threshold_data(trace, &options))
            }
        }
    }
}

impl Common {
    fn span(&self) -> Span {
        Span { from_ms: self.from, to_ms: self.to }
    }

    /// Traces, and the spikes if they are known too.
    fn traces(&self) -> Result<(Vec<Trace>, Option<SpikeRecording>)> {
        check_input(&self.input)?;
        let (traces, spikes) = match self.input.is_dir() {
            true => recording::open(&self.input).map(|run| (run.traces, Some(run.spikes)))?,
            false => (recording::read_traces(&self.input)?, None),
        };
        talk::read(&self.input);
        spikes.iter().for_each(tell_of);
        for trace in &traces {
            let (of, rows) = (trace.neurons.len() as u64, trace.values.len() / trace.neurons.len().max(1));
            let (variable, neurons) = (trace.variable.name(), counted(of, "neuron"));
            talk::detail(format_args!(
                "{variable} of {neurons} of {}, {}",
                trace.population,
                counted(rows as u64, "tick")
            ));
        }
        Ok((traces, spikes))
    }

    /// Writes the figure, and its numbers if they are asked for, and says where.
    fn write<'a>(&self, name: &str, figure: &Figure, data: impl FnOnce() -> Result<Table<'a>>) -> Result<ExitCode> {
        let asked = [(self.svg, Format::Svg), (self.png, Format::Png)];
        let asked = asked.into_iter().find_map(|(asked, format)| asked.then_some(format));
        let extension = if asked == Some(Format::Png) { "png" } else { "svg" };
        let out = self.out.clone().unwrap_or_else(|| PathBuf::from(name).with_extension(extension));
        let format = Format::for_path(&out, asked)?;
        let mut inputs = match self.input.is_dir() {
            true => recording::files(&self.input),
            false => vec![self.input.clone()],
        };
        // It is of the same run.
        inputs.push(self.input.join("simulation.json"));
        for path in self.data.iter().chain([&out]) {
            refuse_inputs(path, &inputs)?;
        }
        if self.data.as_ref() == Some(&out) {
            return Err(Error::value("--data", "it is the file of the figure").with_hint("choose another file"));
        }
        let numbers = match &self.data {
            Some(path) => {
                let table = data()?;
                let head = table.head.join(",");
                Some((path, head, table.csv()?))
            }
            None => None,
        };
        if !self.force {
            refuse_foreign(&out, format.mark())?;
            numbers.iter().try_for_each(|(path, head, _)| refuse_foreign(path, head))?;
        }
        figure.write_as(&out, format)?;
        let mut written = vec![&out];
        if let Some((path, _, bytes)) = &numbers {
            write_output(path, bytes)?;
            written.push(path);
        }
        for path in written.into_iter().filter(|path| !is_stdout(path)) {
            super::print(&format!("wrote {}\n", path.display()))?;
        }
        if let Some(hint) = figure.hint() {
            eprintln!("hint: {hint}");
        }
        Ok(ExitCode::SUCCESS)
    }
}
