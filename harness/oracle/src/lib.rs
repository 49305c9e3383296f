//! Judges a claim from stored facts: no I/O, no clock, no chance. The same
//! claim and the same facts give the same judgement on any machine.
//!
//! A claim about something that did not happen is decided only together with
//! its control: the same path without the obstacle, seen to work. Without it
//! the judgement is "cannot tell".
#![forbid(unsafe_code)]

mod admission;
mod chase;
mod cloud;
mod cni;
mod command;
mod conserved;
mod crash;
mod damage;
mod divergence;
mod drift;
mod duplicates;
mod judge;
mod look;
mod moved;
mod netstate;
mod pool;
mod reach;
mod reboot;
mod route;
mod secret;
mod signal;
mod storm;
mod tally;
mod trace;
mod wire;

pub use cni::told;
pub use divergence::diverge;
pub use judge::judge;
pub use look::tells;
pub use signal::reading;
