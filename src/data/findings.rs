//! What is noticed while a data set is read.

use crate::error::Error;
use std::collections::HashMap;

/// Something noticed in a data set.
#[derive(Debug)]
pub(super) struct Finding {
    /// Whether it makes results wrong.
    pub fatal: bool,
    pub error: Error,
}

/// What was noticed, in order.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Finding>,
    /// Of faults that many rows or files share: their place in the list, and how often they were found.
    shared: HashMap<String, (usize, usize)>,
}

impl Findings {
    pub fn fatal(&mut self, error: Error) {
        self.list.push(Finding { fatal: true, error });
    }

    pub fn warn(&mut self, error: Error) {
        self.list.push(Finding { fatal: false, error });
    }

    /// Notes an error that makes results wrong, as one of those that say the same of other files.
    pub fn fatal_alike(&mut self, error: Error) {
        let text = match &error {
            Error::File { problem, .. } | Error::Text { problem, .. } => problem.clone(),
            other => other.to_string(),
        };
        // Without what is of this file: what stands in quotes, and numbers.
        let words = text.split('\'').step_by(2).flat_map(|part| part.chars().filter(|c| !c.is_numeric()));
        self.share(words.collect(), true, error);
    }

    /// Notes `error` as one of those that `fault` makes: the first stands for all.
    pub fn share(&mut self, fault: String, fatal: bool, error: Error) {
        let (_, times) = self.shared.entry(fault).or_insert((self.list.len(), 0));
        *times += 1;
        if *times == 1 {
            self.list.push(Finding { fatal, error });
        }
    }

    /// What was noticed, each fault once.
    pub fn finish(mut self) -> Vec<Finding> {
        for (place, times) in self.shared.into_values().filter(|&(_, times)| times > 1) {
            if let Error::File { problem, .. } | Error::Text { problem, .. } = &mut self.list[place].error {
                *problem += &format!(" (the first of {times} alike)");
            }
        }
        self.list
    }
}
