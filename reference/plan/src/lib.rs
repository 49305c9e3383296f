//! The rules of the reference CNI as pure functions: no I/O, no clock, no async.
//!
//! Time comes in as milliseconds, randomness as a number. If a rule seems to
//! need a fake in its test, it is in the wrong crate.
#![forbid(unsafe_code)]

pub mod address_plan;
pub mod admission;
pub mod capacity;
pub mod filter;
pub mod grow;
pub mod name;
pub mod pool;
pub mod rebuild;
pub mod repair;
pub mod subnet;
pub mod vswitch;
pub mod wire;
