//! How an ending is shown: a sign, a word and a class for its colour.

use facts::{Judgement, Outcome};
use serde::Serialize;

use crate::detection::Fate;
use crate::glyph;
use crate::verdict::{Conformance, Limitation, RowVerdict};

/// How an ending is shown.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Mark {
    /// Class of its elements.
    pub(super) class: &'static str,
    /// Its sign.
    pub(super) glyph: &'static str,
    /// Its word.
    pub(super) word: &'static str,
}

/// The mark of an outcome.
pub(super) fn of_outcome(outcome: Outcome) -> Mark {
    let word = match outcome {
        Outcome::CantTell => "cannot tell",
        Outcome::Error => "harness error",
        _ => outcome.word(),
    };
    Mark { class: outcome.word(), glyph: glyph::of_outcome(outcome), word }
}

/// The mark of a row's ending.
pub(super) fn of_row(row: &RowVerdict) -> Mark {
    match (&row.not_covered, row.limitation) {
        (Some(_), _) => NOT_COVERED,
        (None, Some(Limitation::Present)) => LIMITATION_PRESENT,
        (None, Some(Limitation::Absent)) => LIMITATION_ABSENT,
        (None, None) => of_outcome(row.outcome),
    }
}

/// The mark of what the facts say of a claim.
pub(super) fn of_judgement(judgement: &Judgement) -> Mark {
    match judgement {
        Judgement::Holds => Mark { word: "holds", ..of_outcome(Outcome::Passed) },
        Judgement::Violated { .. } => Mark { word: "violated", ..of_outcome(Outcome::Failed) },
        Judgement::CantTell { .. } => of_outcome(Outcome::CantTell),
    }
}

/// The mark of a claim.
pub(super) fn of_result(result: Conformance) -> Mark {
    let class = match result {
        Conformance::Conformant => "passed",
        Conformance::Partial => "untested",
        Conformance::Inconclusive => "cant-tell",
        Conformance::NonConformant => "failed",
    };
    Mark { class, glyph: glyph::of_result(result), word: result.word() }
}

/// The mark of a mutant's ending: a killed one shows what it must.
pub(super) fn of_fate(fate: Fate) -> Mark {
    let outcome = match fate {
        Fate::Killed => Outcome::Passed,
        Fate::Survived => Outcome::Failed,
        Fate::Unreached => Outcome::Untested,
    };
    Mark { word: fate.word(), ..of_outcome(outcome) }
}

/// A row that this suite does not cover.
pub(super) const NOT_COVERED: Mark = Mark { class: "uncovered", glyph: "□", word: "not covered" };
/// A limitation that the document admits and the target has.
pub(super) const LIMITATION_PRESENT: Mark =
    Mark { class: "limitation", glyph: "◆", word: "limitation present" };
/// A limitation that the document admits and the target has not.
pub(super) const LIMITATION_ABSENT: Mark =
    Mark { class: "limitation", glyph: "◇", word: "limitation absent" };
