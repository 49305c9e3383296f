//! Processes that were ended in the middle of their work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A process that was to end itself, or be ended, at one step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Crash {
    /// Which process: `plugin`, `agent` or `controller`.
    pub process: String,
    /// The step, with how often it had to come: `POINT:N`.
    pub at: String,
    /// Whether SIGKILL ended it.
    pub killed: bool,
    /// How it was seen to end otherwise.
    pub ended: String,
}
