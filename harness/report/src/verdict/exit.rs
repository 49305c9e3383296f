//! Exit codes of the harness, and which of several counts.

use facts::Outcome;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::profile::Conformance;
use super::row::RowVerdict;
use crate::record::{RunRecord, TroubleKind, Why};

/// How the process ends. The order is the one in which codes outweigh each
/// other, the weakest first; where several apply, the greatest counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Exit {
    /// 0: every row that is claimed and covered passed.
    Conformant,
    /// 3: nothing failed, but something is open.
    Inconclusive,
    /// 4: nothing was selected.
    NothingSelected,
    /// 6: a gate that the user set was not met.
    Gate,
    /// 1: a row that binds failed.
    NonConformant,
    /// 7: stored evidence is not what was stored, or does not say what the report says.
    Unverified,
    /// 5: the machine or the target was not ready.
    NotReady,
    /// 2: the command line or the configuration is wrong.
    Usage,
    /// 70: the harness itself failed.
    Harness,
}

/// Every exit code, the weakest first.
const ALL: [Exit; 9] = [
    Exit::Conformant,
    Exit::Inconclusive,
    Exit::NothingSelected,
    Exit::Gate,
    Exit::NonConformant,
    Exit::Unverified,
    Exit::NotReady,
    Exit::Usage,
    Exit::Harness,
];

impl Exit {
    /// The code.
    pub fn code(self) -> u8 {
        match self {
            Self::Conformant => 0,
            Self::NonConformant => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::NothingSelected => 4,
            Self::NotReady => 5,
            Self::Gate => 6,
            Self::Unverified => 7,
            Self::Harness => 70,
        }
    }

    /// What it means, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Conformant => "every demand that is claimed and covered is met",
            Self::NonConformant => "a demand failed",
            Self::Usage => "the command line or the configuration is wrong",
            Self::Inconclusive => "nothing failed, but something is open",
            Self::NothingSelected => "nothing was selected",
            Self::NotReady => "the machine or the target was not ready",
            Self::Gate => "a gate that the user set was not met",
            Self::Unverified => "the stored evidence does not bear the report out",
            Self::Harness => "the harness itself failed",
        }
    }
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> Self {
        exit.code()
    }
}

/// A number that is no exit code of the harness.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{code} is no exit code of the harness")]
pub struct ExitError {
    /// The number.
    pub code: u8,
}

impl TryFrom<u8> for Exit {
    type Error = ExitError;

    fn try_from(code: u8) -> Result<Self, ExitError> {
        ALL.into_iter().find(|exit| exit.code() == code).ok_or(ExitError { code })
    }
}

impl JsonSchema for Exit {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Exit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How the process ends; README.md lists the codes.",
            "enum": ALL.map(Exit::code),
        })
    }
}

/// The exit code of a run.
pub(super) fn code(record: &RunRecord, rows: &[RowVerdict], overall: Conformance) -> Exit {
    let of_claim = match overall {
        Conformance::Conformant => Exit::Conformant,
        Conformance::Partial | Conformance::Inconclusive => Exit::Inconclusive,
        Conformance::NonConformant => Exit::NonConformant,
    };
    let of_trouble = record.troubles.iter().map(|trouble| match trouble.kind {
        TroubleKind::Harness => Exit::Harness,
        TroubleKind::NotReady => Exit::NotReady,
        TroubleKind::Gate => Exit::Gate,
    });
    let broke = record.scenarios.iter().any(|scenario| scenario.outcome == Outcome::Error);
    let empty = record.complete && !rows.iter().any(is_selected);
    let others = [(broke, Exit::Harness), (empty, Exit::NothingSelected)];
    let others = others.into_iter().filter_map(|(applies, exit)| applies.then_some(exit));
    of_trouble.chain(others).fold(of_claim, Exit::max)
}

/// Whether a row is in a selected profile and has a scenario that the user did
/// not leave out.
fn is_selected(row: &RowVerdict) -> bool {
    let left_out = row.gaps.iter().filter(|gap| {
        let why = gap.reason.as_ref().map(|reason| reason.why);
        gap.scenario.is_some() && why.is_some_and(Why::is_the_users)
    });
    !row.profiles.is_empty() && row.scenarios.len() > left_out.count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::harness(70, 2)]
    #[case::usage(2, 5)]
    #[case::not_ready(5, 7)]
    #[case::unverified(7, 1)]
    #[case::failure(1, 6)]
    #[case::gate(6, 4)]
    #[case::nothing_selected(4, 3)]
    #[case::open(3, 0)]
    fn the_heavier_code_counts(#[case] heavier: u8, #[case] lighter: u8) {
        let exit = |code: u8| Exit::try_from(code).unwrap();
        assert_eq!(exit(heavier).max(exit(lighter)).code(), heavier);
    }

    #[test]
    fn other_numbers_are_no_codes() {
        assert_eq!(Exit::try_from(8), Err(ExitError { code: 8 }));
    }
}
