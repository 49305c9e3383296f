//! The rows of the ledger by section.

use serde::Serialize;

use super::card::{Link, links};
use super::mark::{self, Mark};
use crate::json::Report;
use crate::verdict::RowVerdict;

/// Rows of one section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    title: &'a str,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    mark: Mark,
    verdict: &'a RowVerdict,
    readings: Vec<Reading<'a>>,
    scenarios: Vec<Link<'a>>,
    /// Whether a kill matrix was made and nothing in it shows that the row's
    /// scenarios can fail.
    unproven: bool,
}

#[derive(Serialize)]
struct Reading<'a> {
    mark: Mark,
    name: &'a str,
    says: &'a str,
    claimed: bool,
}

/// Rows in their order, those of one section together.
pub(super) fn sections<'a>(
    report: &'a Report,
    rows: impl Iterator<Item = &'a RowVerdict>,
) -> Vec<Section<'a>> {
    let mut sections: Vec<Section> = Vec::new();
    for row in rows {
        let shown = shown(report, row);
        match sections.last_mut() {
            Some(section) if section.title == row.section => section.rows.push(shown),
            _ => sections.push(Section { title: &row.section, rows: vec![shown] }),
        }
    }
    sections
}

fn shown<'a>(report: &'a Report, row: &'a RowVerdict) -> Row<'a> {
    let readings = row.readings.iter().map(|reading| Reading {
        mark: mark::of_outcome(reading.outcome),
        name: &reading.name,
        says: &reading.says,
        claimed: row.claimed.as_ref() == Some(&reading.name),
    });
    Row {
        mark: mark::of_row(row),
        verdict: row,
        readings: readings.collect(),
        scenarios: links(report, row),
        unproven: report.run.detection.is_some()
            && row.kind.binds()
            && !row.scenarios.is_empty()
            && row.killed_by.is_empty(),
    }
}
