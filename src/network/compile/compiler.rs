//! What compiling carries along: names, seeds, files, and the memory that is used.

use super::settings::Settings;
use super::text::one_line;
use crate::base::counter::bits;
use crate::base::files::{Reach, ending};
use crate::base::fnv::fnv1a;
use crate::base::memory;
use crate::error::short;
use crate::network::check::check_names;
use crate::network::input::{Array, array_of};
use crate::network::name::check_name;
use crate::network::names::resolve;
use crate::network::numbers::positive;
use crate::network::problem::{Checked, Problem, shown};
use crate::network::projection::Origin;
use crate::network::spec::{ArrayFile, FormSpec, NetworkSpec};
use crate::network::tensors::read_file;
use crate::network::time::ticks;
use crate::spiking::Tick;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Contents of files by the names that a network file has for them.
pub type Contents = BTreeMap<PathBuf, Vec<u8>>;

/// A network file on its way to a network.
pub(super) struct Compiler<'a> {
    pub(super) spec: &'a NetworkSpec,
    pub(super) reach: Reach,
    /// Contents of files that are not on disk.
    contents: &'a Contents,
    pub(super) dt_ms: f64,
    pub(super) seed: u64,
    /// Population or source by name, with its size.
    origins: HashMap<&'a str, (Origin, u32)>,
    pub(super) projection_names: HashSet<String>,
    /// Bytes of memory that the network needs, as far as known.
    used: u64,
    limit: u64,
}

impl<'a> Compiler<'a> {
    /// Checks names and sizes of populations and sources.
    pub(super) fn new(
        spec: &'a NetworkSpec,
        folder: &Path,
        contents: &'a Contents,
        settings: &Settings,
    ) -> Checked<Compiler<'a>> {
        let populations = spec.populations.iter().map(|p| (&p.name[..], p.size));
        let sources = spec.sources.iter().map(|s| (&s.name[..], s.size));
        for (n, (name, _)) in populations.clone().enumerate() {
            check_name(&format!("populations[{n}].name"), name)?;
        }
        for (n, (name, _)) in sources.clone().enumerate() {
            check_name(&format!("sources[{n}].name"), name)?;
        }
        check_names(populations.clone(), sources.clone())?;
        let populations = populations.enumerate().map(|(n, (name, size))| (name, (Origin::Population(n), size)));
        let sources = sources.enumerate().map(|(n, (name, size))| (name, (Origin::Source(n), size)));
        Ok(Compiler {
            spec,
            reach: Reach::new(folder, settings.files_anywhere),
            contents,
            dt_ms: spec.dt_ms,
            seed: settings.seed.unwrap_or(spec.seed),
            origins: populations.chain(sources).collect(),
            projection_names: HashSet::new(),
            used: 0,
            limit: settings.memory_limit.unwrap_or_else(memory::free),
        })
    }

    /// Counts bytes before they are used.
    pub(super) fn charge(&mut self, field: &str, bytes: u64) -> Checked<()> {
        self.used = self.used.saturating_add(bytes);
        if self.used <= self.limit {
            return Ok(());
        }
        let message = format!(
            "needs at least {} bytes of memory with all before it, {}; the limit is {} bytes, the memory that is free",
            self.used,
            memory::bytes(self.used),
            self.limit
        );
        Err(Problem::new(field, message))
    }

    pub(super) fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    pub(super) fn derived_seed(&self, given: Option<u64>, name: &str, stream: &str) -> u64 {
        given.unwrap_or_else(|| bits(self.seed, fnv1a(format!("{name}/{stream}").bytes())))
    }

    /// A time as ticks; a Tick must hold it.
    pub(super) fn ticks(&self, field: &str, ms: f64) -> Checked<Tick> {
        // The last tick is left free so that tick + 1 never overflows.
        ticks(ms, self.dt_ms, Tick::MAX - 1).map_err(|problem| Problem::new(field, problem))
    }

    /// A delay as ticks; 0 is found later, where cycles can be named.
    pub(super) fn delay(&self, field: &str, ms: f64) -> Checked<u16> {
        let ticks = self.ticks(field, ms)?;
        u16::try_from(ticks).map_err(|_| {
            let most = f64::from(u16::MAX) * self.dt_ms;
            Problem::new(field, format!("{} ms: expected at most {most} ms, 65,535 ticks", short(ms)))
        })
    }

    /// 1 - dt / tau must be a factor that damps.
    pub(super) fn time_constant(&self, field: &str, tau_ms: f64, form: FormSpec) -> Checked<f64> {
        positive(field, tau_ms)?;
        if matches!(form, FormSpec::Discrete { .. }) && self.dt_ms > tau_ms {
            let message = format!("{tau_ms}: expected at least dt_ms, {}, in the discrete form", self.dt_ms);
            return Err(Problem::new(field, message));
        }
        Ok(tau_ms)
    }

    /// What the name of a file leads to.
    pub(super) fn file(&self, field: &str, name: &Path) -> Checked<PathBuf> {
        let fail = |problem| Problem::new(field, format!("{}: {problem}", shown(&name.to_string_lossy())));
        self.reach.path(name).map_err(fail)
    }

    /// Reads an array and counts its bytes.
    pub(super) fn array(&mut self, field: &str, file: &ArrayFile) -> Checked<Array> {
        if PICKLES.contains(&&ending(file.file())[..]) {
            return Err(Problem::new(field, conversion(file.file())));
        }
        let inner = match file {
            ArrayFile::Whole(file) => self.contents.get(file),
            ArrayFile::Tensor(..) => None,
        };
        let read = match inner {
            Some(bytes) => array_of(file.file(), bytes),
            None => read_file(file, &self.file(field, file.file())?, self.left()),
        };
        let array = read.map_err(|e| Problem::new(field, one_line(&e.to_string())))?;
        self.charge(field, 8 * array.values.len() as u64)?;
        Ok(array)
    }

    /// A list of one length from a file.
    pub(super) fn list(&mut self, field: &str, file: &ArrayFile, length: usize, what: &str) -> Checked<Vec<f64>> {
        let Array { shape, values } = self.array(field, file)?;
        if values.len() != length || shape.iter().filter(|&&n| n != 1).count() > 1 {
            let problem = format!("{}: shape {shape:?}: expected [{length}], {what}", title(file));
            return Err(Problem::new(field, problem));
        }
        Ok(values)
    }

    /// Where a name with an optional range leads.
    pub(super) fn reference(&self, field: &str, text: &str) -> Checked<(Origin, Range<u32>)> {
        let known = |name: &str| self.origins.get(name).copied();
        resolve(text, known, self.origins.keys().copied()).map_err(|problem| Problem::new(field, problem))
    }

    pub(super) fn population_reference(&self, field: &str, text: &str) -> Checked<(usize, Range<u32>)> {
        match self.reference(field, text)? {
            (Origin::Population(n), ids) => Ok((n, ids)),
            (Origin::Source(_), _) => {
                Err(Problem::new(field, format!("{} is a source: expected a population", shown(text))))
            }
        }
    }
}

/// An array's name for messages.
pub(super) fn title(file: &ArrayFile) -> String {
    match file {
        ArrayFile::Whole(file) => shown(&file.to_string_lossy()),
        ArrayFile::Tensor(file, name) => format!("{} of {}", shown(name), shown(&file.to_string_lossy())),
    }
}

/// How files end that PyTorch writes.
const PICKLES: [&str; 2] = ["pt", "pth"];

/// How to make a file that can be read of one that PyTorch wrote.
fn conversion(file: &Path) -> String {
    let (from, to) = (file.to_string_lossy(), file.with_extension("safetensors"));
    format!(
        "{}: files of PyTorch hold programs, and are not read: convert it by `from safetensors.torch import save_file` \
         and `save_file(torch.load({from:?}, weights_only=True), {:?})` in Python",
        shown(&from),
        to.to_string_lossy()
    )
}
