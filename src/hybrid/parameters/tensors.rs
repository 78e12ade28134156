//! The tensors of a model: declared, drawn, looked up by name.

use crate::base::counter::normal;
use crate::base::rng::Streams;
use crate::error::{Error, Result};
use crate::hybrid::tensor::Real;
use rand::RngExt as _;
use std::collections::HashMap;
use std::sync::Arc;

/// Initial values of a tensor.
#[derive(Debug, Clone, Copy)]
pub enum Initial {
    /// Uniform in ± the bound.
    Uniform(f64),
    /// Normal with mean zero and this deviation.
    Normal(f64),
    /// The same value for every element.
    Constant(f64),
}

/// A tensor of the model, by name, shape and initial values.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// Name, for example `spiking.audio.block2.weight`.
    pub name: String,
    /// Lengths of its axes, one or two.
    pub shape: Vec<usize>,
    /// Initial values.
    pub initial: Initial,
    /// Trained by the optimiser; false for running and input statistics.
    pub trainable: bool,
}

/// A tensor and its values.
#[derive(Debug, Clone)]
pub struct Parameter<R> {
    /// Name, shape and kind.
    pub declaration: Declaration,
    /// Row-major values; a pass shares them.
    pub values: Arc<Vec<R>>,
}

impl<R> Parameter<R> {
    /// Rows and columns: a vector is one row.
    pub fn matrix(&self) -> (usize, usize) {
        match self.declaration.shape[..] {
            [rows, cols] => (rows, cols),
            _ => (1, self.values.len()),
        }
    }
}

/// All tensors of a model, in the order of their declaration.
#[derive(Debug, Clone)]
pub struct Parameters<R> {
    entries: Vec<Parameter<R>>,
    index: HashMap<String, usize>,
}

impl<R: Real> Parameters<R> {
    /// Fresh tensors; each draws from the stream `init/<name>` of the seed.
    pub fn initial(declarations: Vec<Declaration>, streams: Streams) -> Self {
        let draw = |declaration: &Declaration| {
            let mut rng = streams.stream(&format!("init/{}", declaration.name), 0);
            let mut value = || match declaration.initial {
                Initial::Uniform(bound) => rng.random_range(-bound..bound),
                Initial::Constant(value) => value,
                Initial::Normal(deviation) => {
                    let (u, v) = (rng.random(), rng.random());
                    normal(u, v, deviation)
                }
            };
            Arc::new((0..declaration.shape.iter().product()).map(|_| R::of(value())).collect())
        };
        Self::new(declarations.into_iter().map(|d| Parameter { values: draw(&d), declaration: d }).collect())
    }

    fn new(entries: Vec<Parameter<R>>) -> Self {
        let index = entries.iter().enumerate().map(|(i, e)| (e.declaration.name.clone(), i)).collect();
        Parameters { entries, index }
    }

    /// The tensors in order.
    pub fn entries(&self) -> &[Parameter<R>] {
        &self.entries
    }

    /// The tensors in order, to be changed.
    pub fn entries_mut(&mut self) -> &mut [Parameter<R>] {
        &mut self.entries
    }

    /// Position of the tensor `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// The tensor `name`.
    ///
    /// # Panics
    /// If the model declares no such tensor: a slip in this crate, not in its input.
    pub fn get(&self, name: &str) -> &Parameter<R> {
        &self.entries[self.position(name).unwrap_or_else(|| panic!("the model declares no tensor {name}"))]
    }

    /// Replaces the values of `name`.
    ///
    /// # Errors
    /// If there is no such tensor, its shape is another one, or a value is not finite.
    pub fn set(&mut self, name: &str, shape: &[usize], values: Vec<R>) -> Result<()> {
        let Some(position) = self.position(name) else {
            return Err(Error::value(name, "the model has no such tensor"));
        };
        let entry = &mut self.entries[position];
        if entry.declaration.shape != shape {
            let expected = entry.declaration.shape.clone();
            return Err(Error::Shape { what: name.to_owned(), expected, found: shape.to_vec() });
        }
        if let Some(at) = values.iter().position(|v| !v.f64().is_finite()) {
            return Err(Error::value(name, format!("element {at} is {:?}", values[at])));
        }
        entry.values = values.into();
        Ok(())
    }

    /// Number of trained values.
    pub fn trained_values(&self) -> usize {
        self.entries.iter().filter(|e| e.declaration.trainable).map(|e| e.values.len()).sum()
    }
}
