//! The vocabulary of the features: each step translates, acts on the scene, and
//! claims; none judges.

#![allow(clippy::needless_pass_by_value, reason = "cucumber hands captures over by value")]
#![allow(clippy::too_many_arguments, reason = "one for each capture of a step's words")]

mod admission;
mod agents;
mod capacity;
mod chase;
mod cloud;
mod commands;
mod config;
mod conserved;
mod crash;
mod drift;
mod duplicates;
mod exhaustion;
mod lies;
mod listed_errors;
mod marathon;
mod moves;
mod nodes;
mod outcome;
mod plugin;
mod pods;
mod pool;
mod reach;
mod reboot;
mod reverse_path;
mod rules;
mod sandboxes;
mod secrets;
mod spoof;
mod state;
mod storm;
mod told;
mod torn_state;
mod traces;
