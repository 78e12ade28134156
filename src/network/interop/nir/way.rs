//! Ways through a graph from one population to another.

/// Where something comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum From<'a> {
    /// A source or population.
    Node(&'a str),
    /// The bias of a node.
    Bias(&'a str),
}

/// A way from one population, source or bias to a population.
pub(super) struct Way<'a> {
    pub from: From<'a>,
    pub to: &'a str,
    /// Nodes between them.
    pub via: Vec<&'a str>,
}

impl<'a> Way<'a> {
    /// The nodes at its ends, unless it begins with a bias.
    pub fn ends(&self) -> Option<(&'a str, &'a str)> {
        match self.from {
            From::Node(from) => Some((from, self.to)),
            From::Bias(_) => None,
        }
    }

    /// A name: the ends, and the layers between them.
    pub fn name(&self, from: &str, to: &str) -> String {
        let layers = match self.from {
            From::Node(_) => self.via.join(" "),
            From::Bias(path) => [&[path], &self.via[..]].concat().join(" "),
        };
        let plain = |c: char| if c.is_control() || "[]".contains(c) { '.' } else { c };
        let via = if layers.is_empty() { String::new() } else { format!(" ({layers})") };
        format!("{from} -> {to}{via}").chars().map(plain).collect()
    }
}
