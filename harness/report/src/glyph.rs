//! One sign for each ending, so that nothing is told by colour alone.

use facts::Outcome;

use crate::verdict::Conformance;

/// The sign of an outcome.
pub(crate) fn of_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "✓",
        Outcome::Failed => "✗",
        Outcome::CantTell => "?",
        Outcome::Untested => "○",
        Outcome::Inapplicable => "–",
        Outcome::Error => "!",
    }
}

/// The sign of a result.
pub(crate) fn of_result(result: Conformance) -> &'static str {
    match result {
        Conformance::Conformant => "✓",
        Conformance::Partial => "◐",
        Conformance::Inconclusive => "?",
        Conformance::NonConformant => "✗",
    }
}
