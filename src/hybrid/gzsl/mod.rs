//! The metric of generalised zero-shot learning (GZSL).
//!
//! A clip goes to the class whose embedding is nearest, `argmin_c d(x, c) + gamma [c seen]`
//! (calibrated stacking; Chao et al. 2016). S and U are the mean recalls over seen and unseen
//! classes, `HM = 2 S U / (S + U)`; ZSL is the mean recall over unseen classes when only those are
//! allowed. The distance is that of the embeddings, or read off the training classes by a
//! [`Reader`].
//!
//! # Example
//! Three clips and two classes, of which class 1 was not trained, embedded on a line:
//! ```
//! use spikefuse::hybrid::config::TrainingConfig;
//! use spikefuse::hybrid::gzsl::{Candidates, Scored, distances};
//!
//! let distances = distances(&[0.1, 0.4, 0.9], &[0.0, 1.0], 1);
//! let scored = Scored::new(&distances, &[0, 1, 1], &Candidates::new(&[0], &[1]));
//! let plain = scored.scores(0.0);
//! assert_eq!((plain.seen, plain.unseen), (1.0, 0.5));
//! let calibrated = scored.best(&TrainingConfig::default());
//! assert!(calibrated.gamma > 0.0 && calibrated.hm == 1.0);
//! ```

mod distance;
mod names;
mod read_out;
mod stacking;

pub use distance::{distance_cost, distances};
pub use names::name_cosines;
pub use read_out::Reader;
pub use stacking::{Candidates, Scored, Scores};
