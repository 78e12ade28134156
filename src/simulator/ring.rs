//! Values of the last or the next ticks.

use crate::spiking::Tick;

/// One value for each of the last or next ticks.
pub(super) struct Ring<T>(Vec<T>);

impl<T: Clone + Default> Ring<T> {
    /// A ring for at least `ticks` ticks.
    pub fn new(ticks: Tick) -> Self {
        Self::of(ticks, T::default())
    }

    /// A ring for at least `ticks` ticks, full of `value`. Its length is a power of two, so that
    /// no division is needed to find a place.
    pub fn of(ticks: Tick, value: T) -> Self {
        Ring(vec![value; (ticks as usize).next_power_of_two()])
    }

    /// Ticks that it has room for.
    pub fn len(&self) -> Tick {
        self.0.len() as Tick
    }

    /// All values, to be changed.
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }

    /// The value of `tick`.
    pub fn at(&self, tick: Tick) -> &T {
        &self.0[tick as usize & (self.0.len() - 1)]
    }

    /// The value of `tick`, to be changed.
    pub fn at_mut(&mut self, tick: Tick) -> &mut T {
        let last = self.0.len() - 1;
        &mut self.0[tick as usize & last]
    }
}
