//! What can be claimed: the rows of a profile together.

use std::collections::BTreeMap;

use facts::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::row::{Gap, Limitation, RowVerdict};
use crate::ledger::{Kind, Profile, RowId};

/// What can be claimed, the best first.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Conformance {
    /// Rows passed, and every row that the suite covers passed or is inapplicable.
    Conformant,
    /// Nothing failed, but the user left something out.
    Partial,
    /// Nothing failed, but something was not decided, not run, or nothing ran at all.
    Inconclusive,
    /// A row that binds failed.
    NonConformant,
}

impl Conformance {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::Partial => "partial",
            Self::Inconclusive => "inconclusive",
            Self::NonConformant => "non-conformant",
        }
    }
}

/// How many rows of a profile ended how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counts {
    /// Rows that bind and passed.
    pub passed: usize,
    /// Rows that bind and failed.
    pub failed: usize,
    /// Rows that the facts do not decide.
    pub cant_tell: usize,
    /// Rows that were not run.
    pub untested: usize,
    /// Rows that need what the target does not claim.
    pub inapplicable: usize,
    /// Rows on which the harness failed.
    pub error: usize,
    /// Limitations that the document admits and the target has.
    pub limitations_present: usize,
    /// Limitations that the document admits and the target has not.
    pub limitations_absent: usize,
    /// Rows that this suite does not cover.
    pub not_covered: usize,
}

/// A row that this suite does not cover.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotCovered {
    /// The row.
    pub row: RowId,
    /// Why, as the ledger says.
    pub reason: String,
}

/// What a run says of one profile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileVerdict {
    /// Name of the profile.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// What can be claimed.
    pub result: Conformance,
    /// How many of its rows ended how.
    pub counts: Counts,
    /// Rows that failed.
    pub failed: Vec<RowId>,
    /// What ran and decided nothing.
    pub undecided: Vec<Gap>,
    /// What did not run: untested or inapplicable.
    pub not_run: Vec<Gap>,
    /// Rows that this suite does not cover; the result says nothing of them.
    pub not_covered: Vec<NotCovered>,
}

/// Judges a profile; one that nobody knows has no rows and passes nothing.
/// `sound` tells whether nothing but the target can be to blame.
pub(super) fn judge(
    name: &str,
    profile: Option<&Profile>,
    rows: &BTreeMap<&RowId, &RowVerdict>,
    sound: bool,
) -> ProfileVerdict {
    let mut verdict = ProfileVerdict {
        name: name.to_owned(),
        description: profile.map_or("no such profile", |profile| &profile.description).to_owned(),
        result: Conformance::Inconclusive,
        counts: Counts::default(),
        failed: Vec::new(),
        undecided: Vec::new(),
        not_run: Vec::new(),
        not_covered: Vec::new(),
    };
    for id in profile.into_iter().flat_map(Profile::ids) {
        match rows.get(id) {
            Some(row) => verdict.weigh(row),
            None => verdict.miss(id),
        }
    }
    verdict.result = verdict.conclude(sound);
    verdict
}

impl ProfileVerdict {
    fn weigh(&mut self, row: &RowVerdict) {
        if row.kind == Kind::Info {
            return;
        }
        if let Some(reason) = &row.not_covered {
            self.counts.not_covered += 1;
            self.not_covered.push(NotCovered { row: row.id.clone(), reason: reason.clone() });
            return;
        }
        *self.counts.of(row) += 1;
        if row.outcome == Outcome::Failed {
            self.failed.push(row.id.clone());
        }
        for gap in &row.gaps {
            match gap.outcome {
                Outcome::Untested | Outcome::Inapplicable => self.not_run.push(gap.clone()),
                _ => self.undecided.push(gap.clone()),
            }
        }
    }

    /// A row that the ledger does not hold: nobody can have tested it.
    fn miss(&mut self, id: &RowId) {
        self.counts.untested += 1;
        let (row, outcome) = (id.clone(), Outcome::Untested);
        self.not_run.push(Gap { row, scenario: None, outcome, reason: None });
    }

    fn conclude(&self, sound: bool) -> Conformance {
        let Counts { passed, failed, cant_tell, untested, error, .. } = self.counts;
        let mut missing = self.not_run.iter().filter(|gap| gap.outcome == Outcome::Untested);
        let by_the_user =
            |gap: &Gap| gap.reason.as_ref().is_some_and(|reason| reason.why.is_the_users());
        if failed > 0 {
            Conformance::NonConformant
        } else if !sound || error > 0 || cant_tell > 0 || passed == 0 {
            Conformance::Inconclusive
        } else if untested == 0 {
            Conformance::Conformant
        } else if missing.all(by_the_user) {
            Conformance::Partial
        } else {
            Conformance::Inconclusive
        }
    }
}

impl Counts {
    /// The count that a covered row belongs to.
    fn of(&mut self, row: &RowVerdict) -> &mut usize {
        match (row.limitation, row.outcome) {
            (Some(Limitation::Present), _) => &mut self.limitations_present,
            (Some(Limitation::Absent), _) => &mut self.limitations_absent,
            (None, Outcome::Passed) => &mut self.passed,
            (None, Outcome::Failed) => &mut self.failed,
            (None, Outcome::CantTell) => &mut self.cant_tell,
            (None, Outcome::Untested) => &mut self.untested,
            (None, Outcome::Inapplicable) => &mut self.inapplicable,
            (None, Outcome::Error) => &mut self.error,
        }
    }
}
