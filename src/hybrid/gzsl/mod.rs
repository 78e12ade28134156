//! The metric of generalised zero-shot learning (GZSL).
//!
//! A clip goes to the class whose embedding is nearest, `argmin_c d(x, c) + gamma [c seen]`
//! (calibrated stacking; Chao et al. 2016). S and U are the mean recalls over seen and unseen
//! classes, `HM = 2 S U / (S + U)`; ZSL is the mean recall over unseen classes when only those are
//! allowed. The distance is that of the embeddings, or read off the training classes by a
//! [`Reader`].

mod distance;
mod names;
mod read_out;
mod stacking;

pub use distance::{distance_cost, distances};
pub use names::name_cosines;
pub use read_out::Reader;
pub use stacking::{Candidates, Scored, Scores};
