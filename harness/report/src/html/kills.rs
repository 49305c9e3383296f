//! The kill matrix: every mutant, and the scenarios that found it.

use serde::Serialize;

use super::card::{Link, link_to};
use super::mark::{self, Mark};
use crate::detection::{Fate, Mutant};
use crate::json::Report;

/// The kill matrix.
#[derive(Serialize)]
pub(super) struct Matrix<'a> {
    killed: usize,
    survived: usize,
    unreached: usize,
    /// Those that no scenario killed first.
    mutants: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    mark: Mark,
    mutant: &'a Mutant,
    /// Scenarios that failed on it, linked where the run holds them.
    fails: Vec<(Option<Link<'a>>, &'a str)>,
}

/// The matrix of a report that holds one.
pub(super) fn matrix(report: &Report) -> Option<Matrix<'_>> {
    let detection = report.run.detection.as_ref()?;
    let mut mutants: Vec<_> =
        detection.mutants.iter().map(|mutant| shown(report, mutant)).collect();
    mutants.sort_by_key(|shown| shown.mutant.fate() == Fate::Killed);
    Some(Matrix {
        killed: detection.killed.len(),
        survived: detection.survived.len(),
        unreached: detection.unreached.len(),
        mutants,
    })
}

fn shown<'a>(report: &'a Report, mutant: &'a Mutant) -> Shown<'a> {
    let fails = mutant.fails.iter().map(|id| (link_to(report, id), id.as_str()));
    Shown { mark: mark::of_fate(mutant.fate()), mutant, fails: fails.collect() }
}
