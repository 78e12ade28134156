//! What a person sees while waiting: a bar on stderr, only on a terminal.

use super::talk;
use indicatif::{ProgressBar, ProgressStyle};
use spikefuse::hybrid::train::{EpochRecord, TrainingObserver};
use spikefuse::simulator::{Phase, Progress};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Instant;

/// A bar of `length` steps named `name`.
pub fn bar(name: &str, length: usize) -> ProgressBar {
    if talk::is_quiet() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64).with_prefix(name.to_owned());
    // The template is a constant; if it were wrong, indicatif's own style would do.
    if let Ok(style) = ProgressStyle::with_template("{prefix:12} {bar:30} {percent:>3}% {msg}  {eta_precise} left") {
        bar.set_style(style);
    }
    bar
}

/// Bars for the phases of a simulation.
#[derive(Default)]
pub struct RunBars(Mutex<Option<ProgressBar>>);

impl RunBars {
    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        if let Ok(mut bar) = self.0.lock() {
            act(&mut bar);
        }
    }
}

impl Progress for RunBars {
    fn begin(&self, phase: Phase, done: u64, total: u64) {
        let name = match phase {
            Phase::Build => "build",
            Phase::Simulate => "simulate",
        };
        let new = bar(name, total as usize);
        new.set_position(done);
        self.with(|bar| *bar = Some(new));
    }

    fn add(&self, _: Phase, more: u64) {
        self.with(|bar| bar.iter().for_each(|bar| bar.inc(more)));
    }

    fn end(&self, _: Phase) {
        self.with(|bar| bar.take().into_iter().for_each(|bar| bar.finish_and_clear()));
    }
}

/// Bars for both stages of training, or where stderr is no terminal, a line for each epoch.
#[derive(Default)]
pub struct TrainingBars {
    bar: Option<(u8, ProgressBar)>,
    validation: String,
    stage: Option<StageTime>,
}

/// How long a stage has taken, and what is left of it.
struct StageTime {
    start: Instant,
    /// Epochs that were done before, in a run that was resumed.
    before: usize,
    epochs: usize,
}

impl TrainingObserver for TrainingBars {
    fn batch(&mut self, stage: u8, [epoch, epochs]: [usize; 2], [batch, batches]: [usize; 2], loss: f64) {
        if self.bar.as_ref().is_none_or(|(of, _)| *of != stage) {
            self.finish();
            let bar = bar(&format!("stage {stage}"), epochs * batches);
            bar.set_position((epoch * batches) as u64);
            bar.reset_eta();
            self.bar = Some((stage, bar));
            self.stage = Some(StageTime { start: Instant::now(), before: epoch, epochs });
        }
        if let Some((_, bar)) = &self.bar {
            bar.set_position((epoch * batches + batch) as u64);
            bar.set_message(format!("epoch {}/{epochs}  loss {loss:.3}{}", epoch + 1, self.validation));
        }
    }

    fn epoch(&mut self, record: &EpochRecord) {
        if let Some(scores) = record.validation {
            self.validation = format!("  validation HM {:.1} %", 100.0 * scores.both.hm);
        }
        if let Some(stage) = self.stage.as_ref().filter(|_| !std::io::stderr().is_terminal()) {
            let (done, left) = (record.epoch - stage.before, stage.epochs - record.epoch);
            let seconds = stage.start.elapsed().as_secs_f64() * left as f64 / done.max(1) as f64;
            talk::note(format_args!(
                "stage {}, epoch {}/{}: loss {:.3}{}, {seconds:.0} s left",
                record.stage,
                record.epoch,
                stage.epochs,
                record.loss,
                self.validation.replacen("  ", ", ", 1)
            ));
        }
    }
}

impl TrainingBars {
    /// Takes the bar away.
    pub fn finish(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.validation.clear();
    }
}
