//! What claims are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which side of a pod's path a rule serves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Towards the pod.
    ToContainer,
    /// From the pod to beyond its node.
    FromContainer,
}

/// Which table a reading of the document names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    /// 1000 + link index of the pod's interface.
    Eni,
    /// The main table.
    Main,
}

/// Pods came or went, and a pool had time to follow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Wave {
    /// Pods on the node after it.
    pub pods: usize,
    /// What the cloud held after it.
    pub inventory: String,
    /// What was asked of the cloud for the node meanwhile.
    pub calls: String,
}
