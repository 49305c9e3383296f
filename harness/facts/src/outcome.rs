//! How a claim, a scenario and a row end.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A difference between what a claim wants and what was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// The object that differs, for example `route 10.0.1.5/32 in table 1003 of node n1`.
    pub object: String,
    /// What the demand wants.
    pub expected: String,
    /// What was seen.
    pub observed: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, observed {}", self.object, self.expected, self.observed)
    }
}

/// What stored facts say of one claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "judgement", deny_unknown_fields)]
pub enum Judgement {
    /// The facts are as claimed.
    Holds,
    /// They are not.
    Violated {
        /// Every difference that was found; at least one.
        violations: Vec<Violation>,
    },
    /// They do not decide it, for example because a paired control is missing.
    CantTell {
        /// What is missing.
        reason: String,
    },
}

impl Judgement {
    /// Holds when nothing differs.
    pub fn of(violations: Vec<Violation>) -> Self {
        if violations.is_empty() { Self::Holds } else { Self::Violated { violations } }
    }
}

/// How a scenario ended.
///
/// Only [`Passed`](Self::Passed) is a pass. The order is the one in which
/// outcomes outweigh each other, the weakest first.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The target does not claim what the scenario needs; weighs nothing.
    Inapplicable,
    /// Every claim holds.
    Passed,
    /// It was not run: excluded by the user, or the environment lacks something.
    Untested,
    /// The facts decide nothing.
    CantTell,
    /// At least one claim is violated.
    Failed,
    /// The harness itself failed; says nothing of the target.
    Error,
}

impl Outcome {
    /// The outcome of a group: the heaviest of its members; nothing at all is untested.
    pub fn roll_up(members: impl IntoIterator<Item = Self>) -> Self {
        let applicable = |outcome: &Self| *outcome != Self::Inapplicable;
        let mut members = members.into_iter().peekable();
        if members.peek().is_none() {
            return Self::Untested;
        }
        members.filter(applicable).max().unwrap_or(Self::Inapplicable)
    }

    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inapplicable => "inapplicable",
            Self::Passed => "passed",
            Self::Untested => "untested",
            Self::CantTell => "cant-tell",
            Self::Failed => "failed",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome::{CantTell, Error, Failed, Inapplicable, Passed, Untested};
    use super::*;

    #[test]
    fn nothing_at_all_is_never_a_pass() {
        assert_eq!(Outcome::roll_up([]), Untested);
        assert_eq!(Outcome::roll_up([Inapplicable, Inapplicable]), Inapplicable);
    }

    #[test]
    fn the_heaviest_outcome_counts() {
        for (members, expected) in [
            (vec![Passed, Inapplicable], Passed),
            (vec![Passed, Untested], Untested),
            (vec![Untested, CantTell, Passed], CantTell),
            (vec![CantTell, Failed], Failed),
            (vec![Failed, Error], Error),
        ] {
            assert_eq!(Outcome::roll_up(members.clone()), expected, "{members:?}");
        }
    }
}
