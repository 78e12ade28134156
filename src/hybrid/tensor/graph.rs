//! The record of operators and the buffers that they reuse.

use super::elements::map_in_place;
use super::real::Real;
use crate::energy::{Branch, Cost, DenseOperator, Synapses};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// Buffers by length, kept between steps: fresh pages cost more than the arithmetic on them.
type Pool<R> = Arc<Mutex<HashMap<usize, Vec<Vec<R>>>>>;

/// Memory that returns to the pool of its graph when it is dropped.
pub struct Buffer<R: Real> {
    values: Vec<R>,
    pool: Pool<R>,
}

impl<R: Real> Drop for Buffer<R> {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.values);
        lock(&self.pool).entry(values.len()).or_default().push(values);
    }
}

impl<R: Real> Deref for Buffer<R> {
    type Target = [R];
    fn deref(&self) -> &[R] {
        &self.values
    }
}

impl<R: Real> std::ops::DerefMut for Buffer<R> {
    fn deref_mut(&mut self) -> &mut [R] {
        &mut self.values
    }
}

/// Values of a variable: memory of the graph, or a tensor of the model, which is not copied.
#[derive(Clone)]
enum Values<R: Real> {
    Own(Arc<Buffer<R>>),
    Shared(Arc<Vec<R>>),
}

impl<R: Real> Deref for Values<R> {
    type Target = [R];
    fn deref(&self) -> &[R] {
        match self {
            Values::Own(values) => values,
            Values::Shared(values) => values,
        }
    }
}

/// A value in a [`Graph`]: a row-major matrix that gradients can flow to. Cheap to clone.
#[derive(Clone)]
pub struct Var<R: Real> {
    id: usize,
    rows: usize,
    cols: usize,
    needs_gradient: bool,
    values: Values<R>,
}

impl<R: Real> Var<R> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }
    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }
    /// The values, row after row.
    pub fn values(&self) -> &[R] {
        &self.values
    }
    /// Row `i`.
    pub fn row(&self, i: usize) -> &[R] {
        &self.values[i * self.cols..][..self.cols]
    }
    /// The only value of a 1 x 1 variable.
    pub fn scalar(&self) -> R {
        debug_assert_eq!(self.values.len(), 1);
        self.values[0]
    }
    /// The same variable without its values, for a backward pass that needs only to know where its
    /// gradient goes.
    pub fn place(&self) -> Var<R> {
        Var { values: Values::Shared(Arc::default()), ..*self }
    }

    /// Whether a gradient is wanted.
    pub fn needs_gradient(&self) -> bool {
        self.needs_gradient
    }
}

/// Gradients by variable, while they are being collected and afterwards.
pub struct Gradients<R: Real> {
    slots: Vec<Option<Buffer<R>>>,
    pool: Pool<R>,
}

impl<R: Real> Gradients<R> {
    /// Adds `gradient` to what is known for `var`.
    pub fn add(&mut self, var: &Var<R>, gradient: Buffer<R>) {
        debug_assert_eq!(gradient.len(), var.rows * var.cols);
        match &mut self.slots[var.id] {
            Some(sum) => {
                map_in_place(
                    sum,
                    &gradient,
                    #[inline(always)]
                    |sum, term| sum + term,
                );
            }
            slot => *slot = Some(gradient),
        }
    }

    /// Like [`add`](Self::add) with the buffer that `fill` writes, every element of it; nothing if
    /// `var` wants no gradient.
    pub fn add_with(&mut self, var: &Var<R>, fill: impl FnOnce(&mut [R])) {
        if var.needs_gradient {
            let mut buffer = take(&self.pool, var.rows * var.cols);
            fill(&mut buffer);
            self.add(var, buffer);
        }
    }

    /// Memory for `len` zeros.
    pub fn zeros(&self, len: usize) -> Buffer<R> {
        let mut buffer = take(&self.pool, len);
        buffer.fill(R::ZERO);
        buffer
    }

    /// The gradient for `var`, if anything depended on it.
    pub fn get(&self, var: &Var<R>) -> Option<&[R]> {
        self.slots[var.id].as_deref()
    }
}

type Backward<R> = Box<dyn FnOnce(&[R], &mut Gradients<R>)>;

fn lock<R>(pool: &Pool<R>) -> std::sync::MutexGuard<'_, HashMap<usize, Vec<Vec<R>>>> {
    pool.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take<R: Real>(pool: &Pool<R>, len: usize) -> Buffer<R> {
    let recycled = lock(pool).get_mut(&len).and_then(Vec::pop);
    Buffer { values: recycled.unwrap_or_else(|| vec![R::ZERO; len]), pool: pool.clone() }
}

/// Proof that an operator's cost was filed. [`Graph::cost`] and the like return it, and no operator
/// can be recorded without it.
#[must_use = "an operator's result is recorded with it"]
pub struct Filed(());

impl Filed {
    /// For what exists in training only: losses, dropout, spikes with gradients. The ledger is
    /// about inference, where the engine runs the spiking branch.
    pub fn training_only() -> Filed {
        Filed(())
    }
}

/// Where the costs of the next operators are filed.
#[derive(Clone)]
struct Scope {
    branch: Branch,
    layer: String,
    in_twin: bool,
}

/// Records operators; one per training step or evaluated batch. See the [module](super).
pub struct Graph<R: Real> {
    pool: Pool<R>,
    nodes: RefCell<Vec<Option<Backward<R>>>>,
    costs: RefCell<Vec<DenseOperator>>,
    scope: RefCell<Scope>,
    training: bool,
}

impl<R: Real> Graph<R> {
    /// A graph that records gradients and normalises with batch statistics.
    pub fn training() -> Self {
        Self::new(true)
    }

    /// A graph without gradients, normalising with running statistics.
    pub fn inference() -> Self {
        Self::new(false)
    }

    fn new(training: bool) -> Self {
        Graph {
            pool: Pool::default(),
            nodes: RefCell::default(),
            costs: RefCell::default(),
            scope: RefCell::new(Scope { branch: Branch::Dense, layer: String::new(), in_twin: true }),
            training,
        }
    }

    /// Forgets all operators and keeps the memory.
    pub fn clear(&mut self) {
        self.nodes.borrow_mut().clear();
        self.costs.borrow_mut().clear();
    }

    /// Whether this graph trains: gradients, batch statistics, dropout.
    pub fn is_training(&self) -> bool {
        self.training
    }

    /// Memory for `len` values; what it holds is unspecified.
    pub fn buffer(&self, len: usize) -> Buffer<R> {
        take(&self.pool, len)
    }

    /// Memory for `len` zeros.
    pub fn zeros(&self, len: usize) -> Buffer<R> {
        let mut buffer = self.buffer(len);
        buffer.fill(R::ZERO);
        buffer
    }

    /// A copy of `values` as memory of this graph.
    pub fn copied(&self, values: &[R]) -> Buffer<R> {
        let mut buffer = self.buffer(values.len());
        buffer.copy_from_slice(values);
        buffer
    }

    /// A `rows x cols` value without gradient.
    pub fn constant(&self, rows: usize, cols: usize, values: Buffer<R>) -> Var<R> {
        self.leaf(rows, cols, Values::Own(Arc::new(values)), false)
    }

    /// A `rows x cols` value whose gradient is wanted. Its owner can change it in place again when
    /// graph and gradients are gone.
    pub fn parameter(&self, rows: usize, cols: usize, values: Arc<Vec<R>>) -> Var<R> {
        self.leaf(rows, cols, Values::Shared(values), self.training)
    }

    fn leaf(&self, rows: usize, cols: usize, values: Values<R>, needs_gradient: bool) -> Var<R> {
        assert_eq!(values.len(), rows * cols, "a {rows} x {cols} value");
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(None);
        Var { id: nodes.len() - 1, rows, cols, needs_gradient, values }
    }

    /// Records the result of an operator over `inputs`, whose arithmetic has been `filed`: there is
    /// no operator without a rule. `backward` gets the gradient of the result and adds those of the
    /// inputs; it is dropped unseen when no input wants a gradient.
    pub fn record(
        &self,
        filed: Filed,
        rows: usize,
        cols: usize,
        values: impl Into<Arc<Buffer<R>>>,
        inputs: &[&Var<R>],
        backward: impl FnOnce(&[R], &mut Gradients<R>) + 'static,
    ) -> Var<R> {
        let Filed(()) = filed;
        let needs_gradient = inputs.iter().any(|input| input.needs_gradient);
        let var = self.leaf(rows, cols, Values::Own(values.into()), needs_gradient);
        if needs_gradient {
            self.nodes.borrow_mut()[var.id] = Some(Box::new(backward));
        }
        var
    }

    /// Files the operators that follow, until the next call, under `layer` of `branch`. The dense
    /// twin has the same operators.
    pub fn scope(&self, branch: Branch, layer: &str) {
        *self.scope.borrow_mut() = Scope { branch, layer: layer.to_owned(), in_twin: true };
    }

    /// Like [`scope`](Self::scope), for operators that the dense twin does not have.
    pub fn scope_outside_twin(&self, branch: Branch, layer: &str) {
        *self.scope.borrow_mut() = Scope { branch, layer: layer.to_owned(), in_twin: false };
    }

    /// Files the cost of an operator. Training counts nothing.
    pub fn cost(&self, operator: &str, cost: Cost) -> Filed {
        self.file(operator, cost, None)
    }

    /// Files the cost of a product with weights; `synapses` are counted in inference only.
    pub fn synaptic_cost(&self, operator: &str, cost: Cost, synapses: impl FnOnce() -> Synapses) -> Filed {
        let synapses = if self.training { None } else { Some(synapses()) };
        self.file(operator, cost, synapses)
    }

    fn file(&self, operator: &str, cost: Cost, synapses: Option<Synapses>) -> Filed {
        if !self.training && cost != Cost::ZERO {
            let Scope { branch, layer, in_twin } = self.scope.borrow().clone();
            let operator = operator.to_owned();
            self.costs.borrow_mut().push(DenseOperator { branch, layer, in_twin, operator, cost, synapses });
        }
        Filed(())
    }

    /// The operators filed so far.
    pub fn take_costs(&self) -> Vec<DenseOperator> {
        self.costs.take()
    }

    /// Gradients of the scalar `loss` for every variable that it depends on. The record is used up.
    pub fn backward(&self, loss: &Var<R>) -> Gradients<R> {
        assert_eq!(loss.values.len(), 1, "gradients are taken of a scalar");
        let mut nodes = self.nodes.borrow_mut();
        let mut gradients = Gradients { slots: nodes.iter().map(|_| None).collect(), pool: self.pool.clone() };
        let mut one = self.buffer(1);
        one[0] = R::ONE;
        gradients.slots[loss.id] = Some(one);
        for id in (0..=loss.id).rev() {
            if let Some(backward) = nodes[id].take()
                && let Some(gradient) = gradients.slots[id].take()
            {
                backward(&gradient, &mut gradients);
            }
        }
        gradients
    }
}
