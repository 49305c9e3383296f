//! The document as a heat map: a cell for each row, by section.

use serde::Serialize;

use super::mark::{self, Mark};
use crate::json::Report;
use crate::verdict::RowVerdict;

/// A section of the document.
#[derive(Serialize)]
pub(super) struct Heat<'a> {
    title: &'a str,
    cells: Vec<Cell<'a>>,
}

#[derive(Serialize)]
struct Cell<'a> {
    mark: Mark,
    row: &'a RowVerdict,
    /// Whether no selected profile lists it.
    outside: bool,
    /// Its first place in a document, for example `555–559`.
    lines: String,
}

/// The cells of every row, in the document's order.
pub(super) fn heat(report: &Report) -> Vec<Heat<'_>> {
    let sections = report.verdict.rows.chunk_by(|one, next| one.section == next.section);
    sections
        .map(|rows| Heat { title: &rows[0].section, cells: rows.iter().map(cell).collect() })
        .collect()
}

/// Every mark of the map with the number of its cells, in the order of their first.
pub(super) fn legend(report: &Report) -> Vec<(Mark, usize)> {
    let mut legend: Vec<(Mark, usize)> = Vec::new();
    for mark in report.verdict.rows.iter().map(mark::of_row) {
        match legend.iter_mut().find(|(known, _)| known.word == mark.word) {
            Some((_, number)) => *number += 1,
            None => legend.push((mark, 1)),
        }
    }
    legend
}

fn cell(row: &RowVerdict) -> Cell<'_> {
    let lines = row.sources.first().map_or(String::new(), |source| match source.lines {
        [first, last] if first == last => first.to_string(),
        [first, last] => format!("{first}–{last}"),
    });
    Cell { mark: mark::of_row(row), row, outside: row.profiles.is_empty(), lines }
}
