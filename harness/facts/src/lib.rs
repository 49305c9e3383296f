//! What was asked of a target, what was seen of it, and what a scenario claims
//! of that. No I/O and no judgement: facts are stored, and a verdict is a pure
//! function of them that can be computed again.
#![forbid(unsafe_code)]

pub mod chase;
pub mod claim;
pub mod cloud;
pub mod cni;
pub mod control;
pub mod crash;
pub mod damage;
pub mod divergence;
pub mod drift;
pub mod evidence;
pub mod exchange;
pub mod kernel;
pub mod outcome;
pub mod signal;
pub mod tally;
pub mod track;
pub mod wire;

pub use claim::Claim;
pub use control::{Control, Negative, Pair, Unpaired};
pub use divergence::Divergence;
pub use evidence::{Evidence, Fact};
pub use outcome::{Judgement, Outcome, Violation};
