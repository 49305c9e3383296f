//! The vocabulary of the features: each step translates, acts on the scene, and
//! claims; none judges.

mod agents;




mod nodes;
mod outcome;
mod plugin;
mod pods;
mod reach;

mod state;
