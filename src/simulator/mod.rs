//! The simulator of any [`crate::network::Network`].
