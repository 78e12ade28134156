//! Faults noticed while a data set is read.

use crate::error::Error;
use std::collections::HashMap;

/// A fault noticed in a data set.
#[derive(Debug)]
pub(super) struct Finding {
    /// Whether it makes results wrong.
    pub fatal: bool,
    pub error: Error,
}

/// The faults noticed, in order.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Finding>,
    /// For faults that many rows or files share: index in the list and number of occurrences.
    shared: HashMap<String, (usize, usize)>,
}

impl Findings {
    pub fn fatal(&mut self, error: Error) {
        self.list.push(Finding { fatal: true, error });
    }

    pub fn warn(&mut self, error: Error) {
        self.list.push(Finding { fatal: false, error });
    }

    /// Notes an error that makes results wrong; errors of other files with the same wording are
    /// counted with it.
    pub fn fatal_alike(&mut self, error: Error) {
        let text = match &error {
            Error::File { problem, .. } | Error::Text { problem, .. } => problem.clone(),
            other => other.to_string(),
        };
        // The wording without the parts of this file: quoted names and numbers.
        let words = text.split('\'').step_by(2).flat_map(|part| part.chars().filter(|c| !c.is_numeric()));
        self.share(words.collect(), true, error);
    }

    /// Notes `error` as an occurrence of `fault`; the first error stands for all.
    pub fn share(&mut self, fault: String, fatal: bool, error: Error) {
        let (_, times) = self.shared.entry(fault).or_insert((self.list.len(), 0));
        *times += 1;
        if *times == 1 {
            self.list.push(Finding { fatal, error });
        }
    }

    /// The faults noticed, each once.
    pub fn finish(mut self) -> Vec<Finding> {
        for (place, times) in self.shared.into_values().filter(|&(_, times)| times > 1) {
            if let Error::File { problem, .. } | Error::Text { problem, .. } = &mut self.list[place].error {
                *problem += &format!(" (the first of {times} alike)");
            }
        }
        self.list
    }
}
