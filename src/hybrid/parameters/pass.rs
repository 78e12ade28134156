//! One pass through the model: a graph, the tensors it reads, and what batch normalisation saw.

use super::tensors::Parameters;
use crate::base::rng::Streams;
use crate::energy::Branch;
use crate::hybrid::tensor::{Dropout, Graph, NormStyle, Real, Var};
use std::cell::RefCell;

/// Source of the random numbers of dropout.
#[derive(Clone, Copy)]
pub struct Noise {
    /// Streams of the run's seed.
    pub streams: Streams,
    /// Training step, counted from the start of the stage.
    pub step: u64,
}

/// One pass of the model: a tensor becomes a variable of the graph when it is first used.
pub struct Pass<'a, R: Real> {
    /// The graph that records the operators.
    pub graph: &'a Graph<R>,
    parameters: &'a Parameters<R>,
    vars: RefCell<Vec<Option<Var<R>>>>,
    statistics: RefCell<Vec<(usize, Vec<R>)>>,
    noise: Option<Noise>,
    branch: Branch,
}

impl<'a, R: Real> Pass<'a, R> {
    /// A pass that reads `parameters`; `noise` turns dropout on.
    pub fn new(graph: &'a Graph<R>, parameters: &'a Parameters<R>, noise: Option<Noise>) -> Self {
        Self::of_branch(graph, parameters, noise, Branch::Dense)
    }

    /// A pass that embeds class vectors: its operators belong to that branch.
    pub fn of_classes(graph: &'a Graph<R>, parameters: &'a Parameters<R>) -> Self {
        Self::of_branch(graph, parameters, None, Branch::Classes)
    }

    fn of_branch(graph: &'a Graph<R>, parameters: &'a Parameters<R>, noise: Option<Noise>, branch: Branch) -> Self {
        let vars = RefCell::new(vec![None; parameters.entries().len()]);
        Pass { graph, parameters, vars, statistics: RefCell::default(), noise, branch }
    }

    /// Files the operators that follow under `layer` of this pass's branch.
    pub fn scope(&self, layer: &str) {
        self.graph.scope(self.branch, layer);
    }

    /// The tensor `name` as a variable.
    pub fn var(&self, name: &str) -> Var<R> {
        self.optional(name).unwrap_or_else(|| panic!("the model declares no tensor {name}"))
    }

    fn optional(&self, name: &str) -> Option<Var<R>> {
        let position = self.parameters.position(name)?;
        let mut vars = self.vars.borrow_mut();
        let var = vars[position].get_or_insert_with(|| {
            let entry = &self.parameters.entries()[position];
            let (rows, cols) = entry.matrix();
            self.graph.parameter(rows, cols, entry.values.clone())
        });
        Some(var.clone())
    }

    /// The variables by tensor position; none for a tensor that the pass did not use.
    pub fn vars(&self) -> Vec<Option<Var<R>>> {
        self.vars.borrow().clone()
    }

    /// New running statistics by tensor position, in the order in which they were seen.
    pub fn into_statistics(self) -> Vec<(usize, Vec<R>)> {
        self.statistics.into_inner()
    }

    /// Linear layer `<name>.weight`, `<name>.bias` (left out if not declared).
    pub fn linear(&self, x: &Var<R>, name: &str) -> Var<R> {
        self.scope(name);
        self.graph.linear(x, &self.var(&format!("{name}.weight")), self.optional(&format!("{name}.bias")).as_ref())
    }

    /// Layer normalisation `<name>.weight`, `<name>.bias`.
    pub fn layer_norm(&self, x: &Var<R>, name: &str) -> Var<R> {
        self.scope(name);
        self.graph.layer_norm(x, &self.var(&format!("{name}.weight")), &self.var(&format!("{name}.bias")))
    }

    /// Dropout at the place `name`, if this pass has noise and there is a rate.
    fn noise_at(&self, name: &str, rate: f64) -> Option<Dropout> {
        let noise = self.noise.filter(|_| rate > 0.0)?;
        Some(Dropout { rate, rng: noise.streams.stream(&format!("dropout/{name}"), noise.step) })
    }

    /// Dropout at the place `name`, one mask for each `group` consecutive rows; nothing at
    /// inference.
    pub fn dropout(&self, x: &Var<R>, name: &str, rate: f64, group: usize) -> Var<R> {
        match self.noise_at(name, rate) {
            Some(dropout) => self.graph.dropout(x, dropout, group),
            None => x.clone(),
        }
    }

    /// Batch normalisation `<name>.{weight,bias,running_mean,running_var}`, then ReLU and dropout
    /// if asked for.
    pub fn batch_norm(&self, x: &Var<R>, name: &str, relu: bool, dropout: f64) -> Var<R> {
        self.scope(name);
        let positions = ["running_mean", "running_var"].map(|s| format!("{name}.{s}"));
        let running = positions.each_ref().map(|s| &self.parameters.get(s).values[..]);
        let dropout = self.noise_at(name, dropout);
        let (weight, bias) = (self.var(&format!("{name}.weight")), self.var(&format!("{name}.bias")));
        let (y, seen) = self.graph.batch_norm(x, &weight, &bias, running, NormStyle { relu, dropout });
        if let Some(seen) = seen {
            let mut statistics = self.statistics.borrow_mut();
            for (name, values) in positions.iter().zip([seen.mean, seen.variance]) {
                statistics.extend(self.parameters.position(name).map(|position| (position, values)));
            }
        }
        y
    }
}
