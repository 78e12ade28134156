//! `model export`.

use super::options::{DataOptions, folder};
use super::talk;
use clap::{Args, Subcommand};
use spikefuse::base::files::{ending, refuse_inputs};
use spikefuse::base::text::counted;
use spikefuse::export::{clip_of, spiking_of_model, spiking_of_model_as_graph};
use spikefuse::hybrid::saved::{MODEL_FILES, Saved, TestClips};
use spikefuse::network::interop::nir::{self, Compat};
use spikefuse::{Error, Result};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Model {
    /// Write a trained model's spiking branch as a network that can be simulated, or as a NIR graph
    Export(Export),
}

/// Options of `model export`.
#[derive(Args)]
pub struct Export {
    /// Folder that `run --out` or `train --out` wrote
    #[arg(value_name = "MODEL_DIR", value_parser = folder())]
    model: PathBuf,
    /// File to write: .ron, with weights in the folder NAME.weights beside it, or .nir
    #[arg(long, value_name = "FILE")]
    spiking: PathBuf,
    /// With the input and the thresholds of a test clip, by its place in clips.csv, from 0 on
    #[arg(long, value_name = "N")]
    clip: Option<usize>,
    #[command(flatten)]
    data: DataOptions,
}

impl Model {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        let Model::Export(export) = self;
        export.run()?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Export {
    fn run(&self) -> Result<()> {
        let out = &self.spiking;
        let inputs: Vec<PathBuf> = MODEL_FILES.iter().map(|(name, _)| self.model.join(name)).collect();
        refuse_inputs(out, &inputs)?;
        let as_graph = match &ending(out)[..] {
            "ron" => false,
            "nir" => true,
            _ => return Err(Error::file(out, "the file name ends neither in .ron nor in .nir")),
        };
        if as_graph && self.clip.is_some() {
            return Err(Error::value("clip", "a NIR graph holds no input").with_hint("give a file that ends in .ron"));
        }
        let saved = Saved::load(&self.model)?;
        talk::read(&self.model);
        if as_graph {
            nir::write(out, &spiking_of_model_as_graph(&saved)?, Compat::default())?;
            talk::wrote(out);
            return Ok(());
        }
        let Some(n) = self.clip else {
            spiking_of_model(&saved, None, out)?.file.save()?;
            talk::wrote(out);
            return Ok(());
        };
        let dataset = self.data.open()?;
        saved.check_dataset(&dataset)?;
        let clips = TestClips::load(&dataset)?;
        let (part, place) = clip_of(&clips, n)?;
        let made = spiking_of_model(&saved, Some((part, place)), out)?;
        made.file.save()?;
        talk::wrote(out);
        let mut text = format!("clip {} of {}\n", part.ids[place], dataset.classes[part.labels[place]]);
        let trains = made.runs.iter().flat_map(|run| &run.trains);
        for (population, train) in made.file.spec.populations.iter().zip(trains) {
            text += &format!("  {}: {}\n", population.name, counted(train.total() as u64, "spike"));
        }
        super::print(&text)
    }
}
