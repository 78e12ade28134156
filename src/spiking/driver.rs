//! How time is gone through.

/// How time is gone through. Spikes, membranes and thresholds do not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Driver {
    /// Only neurons that receive something or might fire are touched.
    Event,
    /// Every neuron at every tick, with dense products.
    Clock,
    /// The driver that suits: for each population of a simulation by its measured activity, anew
    /// while it runs; for clips of a stack the event-driven one, which is the quicker one there at
    /// every rate.
    #[default]
    Auto,
}

impl Driver {
    /// Its name, as in documents.
    pub fn name(self) -> &'static str {
        match self {
            Driver::Event => "event",
            Driver::Clock => "clock",
            Driver::Auto => "auto",
        }
    }
}
