//! Where what was seen first leaves what was wanted, and the way to there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The first difference that the facts show, behind what fits before it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Divergence {
    /// The way, in order: what fits, one hop that differs, and what the facts no
    /// longer tell.
    pub hops: Vec<Hop>,
    /// The object that differs, for example `route to 10.0.2.6 in table 1003 of node n1`.
    pub object: String,
    /// What is wanted of it.
    pub wanted: String,
    /// What was seen.
    pub seen: String,
    /// What follows from that, in a sentence or two.
    pub explanation: String,
}

/// One place on the way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hop {
    /// Whose, for example `pod a` or `node n1`.
    pub place: String,
    /// Which object there, for example `rules`.
    pub what: String,
    /// What was seen of it.
    pub seen: String,
    /// Whether that is as wanted.
    pub fit: Fit,
}

/// Whether a hop is as wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// It is.
    Fits,
    /// It is not.
    Differs,
    /// The facts do not tell, or nothing came so far.
    Untold,
}
