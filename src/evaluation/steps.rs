//! What clips have done after so many steps.

use crate::simulator::{Simulation, Totals};
use crate::spiking::Tick;

/// Numbers of steps after which it is noted what a clip has done: each of the first 32, then 16 in
/// every doubling, so that no length needs many.
pub(super) fn marks() -> impl Iterator<Item = Tick> {
    std::iter::successors(Some(1), |&mark: &Tick| mark.checked_add(1 << mark.ilog2().saturating_sub(4)))
}

/// What clips have done up to each mark, as sums over clips.
#[derive(Default)]
pub(super) struct Course {
    /// Before the present clip.
    before: Option<Totals>,
    /// Of clips that went on beyond each mark.
    on: Vec<Option<Totals>>,
    /// Of clips that had ended at each mark, but not at the one before.
    ended: Vec<Option<Totals>>,
}

fn add(sums: &mut Vec<Option<Totals>>, mark: usize, more: Totals) {
    if sums.len() <= mark {
        sums.resize(mark + 1, None);
    }
    match &mut sums[mark] {
        Some(sum) => *sum += &more,
        none => *none = Some(more),
    }
}

impl Course {
    /// Begins a clip.
    pub fn begin(&mut self, simulation: &Simulation) {
        self.before = Some(simulation.totals());
    }

    /// Notes what the clip has done at the `mark`-th mark, beyond which it goes on.
    pub fn at(&mut self, mark: usize, simulation: &Simulation) {
        if let Some(before) = &self.before {
            add(&mut self.on, mark, simulation.totals().since(before));
        }
    }

    /// Ends a clip.
    pub fn end(&mut self, ticks: Tick, simulation: &Simulation) {
        if let Some(before) = self.before.take() {
            let mark = marks().take_while(|&mark| mark < ticks).count();
            add(&mut self.ended, mark, simulation.totals().since(&before));
        }
    }

    /// Both together.
    pub fn and(mut self, other: Course) -> Course {
        for (sums, more) in [(&mut self.on, other.on), (&mut self.ended, other.ended)] {
            more.into_iter()
                .enumerate()
                .for_each(|(mark, more)| more.into_iter().for_each(|more| add(sums, mark, more)));
        }
        self
    }

    /// The totals of all clips up to each number of steps, the last of which is the length of the
    /// longest clip; a clip that is shorter counts as a whole.
    pub fn totals(self, longest: Tick) -> Vec<(Tick, Totals)> {
        let mut whole: Option<Totals> = None;
        let mut found = Vec::new();
        for (n, mark) in marks().take(self.ended.len()).enumerate() {
            for ended in self.ended[n].iter() {
                match &mut whole {
                    Some(whole) => *whole += ended,
                    none => *none = Some(ended.clone()),
                }
            }
            let mut sum = self.on.get(n).cloned().flatten();
            match (&mut sum, &whole) {
                (Some(sum), Some(whole)) => *sum += whole,
                (none, Some(whole)) => *none = Some(whole.clone()),
                (_, None) => {}
            }
            found.extend(sum.map(|sum| (mark.min(longest), sum)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::marks;

    #[test]
    fn marks_are_close_and_few() {
        let marks: Vec<u32> = marks().collect();
        assert_eq!(marks[..32], (1..=32).collect::<Vec<_>>()[..]);
        assert_eq!(marks[32..50], [34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62, 64, 68, 72]);
        assert!(marks.len() < 480 && marks.windows(2).all(|two| two[1] - two[0] <= two[0].div_ceil(16)));
    }
}
