//! The vocabulary of the features: each step translates, acts on the scene, and
//! claims; none judges.

mod admission;
mod agents;
mod capacity;
mod cloud;
mod commands;
mod config;
mod exhaustion;
mod nodes;
mod outcome;
mod plugin;
mod pods;
mod reach;
mod rules;
mod state;
