//! `plumbline explain`: what a demand is, where it stands, and who shows it.

use std::fmt::Write;
use std::path::Path;

use report::Detection;
use report::ledger::Row;

use super::{Refusal, print};
use crate::catalogue::{Catalogue, Entry};
use crate::selection::{Plan, Wish};

pub(super) fn explain(features: &Path, id: &str) -> Result<(), Refusal> {
    let catalogue = Catalogue::read(features).map_err(Refusal::usage)?;
    if let Some(row) = catalogue.ledger.rows().find(|row| row.id.as_str() == id) {
        let detection = crate::kills::read(features, None).map_err(Refusal::usage)?;
        return print(&of_row(&catalogue, row, detection.as_ref()));
    }
    let wish = Wish { select: vec![id.to_owned()], ..Wish::default() };
    let plan = Plan::make(&catalogue, &wish, None).map_err(Refusal::usage)?;
    let chosen = catalogue.scenarios.iter().filter(|entry| plan.runs(entry));
    print(&chosen.map(|entry| of_scenario(&catalogue, entry)).collect::<Vec<_>>().join("\n"))
}

fn of_row(catalogue: &Catalogue, row: &Row, detection: Option<&Detection>) -> String {
    let mut text = format!("{} ({})\n  {}\n", row.id, row.kind.word(), row.demand);
    let _ = writeln!(text, "  Shown by: {}", row.shows);
    for source in &row.sources {
        let [first, last] = source.lines;
        let _ = writeln!(text, "  Source: {}, lines {first} to {last}", source.document);
    }
    for reading in &row.readings {
        let _ = writeln!(text, "  Reading {}: {}", reading.name, reading.says);
    }
    if let Some(reason) = &row.untested {
        let _ = writeln!(text, "  Not covered: {reason}");
    }
    if let Some(reason) = &row.also_untested {
        let _ = writeln!(text, "  Not covered in part: {reason}");
    }
    let listing = catalogue.profiles.iter().filter(|profile| profile.ids().any(|id| *id == row.id));
    let names: Vec<_> = listing.map(|profile| profile.name.as_str()).collect();
    let _ = writeln!(text, "  Profiles: {}", names.join(", "));
    let showing = || catalogue.scenarios.iter().filter(|entry| entry.rows().contains(&row.id));
    for entry in showing() {
        let _ = writeln!(text, "  Scenario: {}", entry.text.id);
    }
    let mut unproven = detection.is_some() && showing().next().is_some();
    for mutant in detection.iter().flat_map(|detection| detection.killing(&row.id)) {
        let _ = writeln!(text, "  Killed by: {}, {}", mutant.id, mutant.says);
        unproven = false;
    }
    if unproven {
        text += "  Killed by: nothing; no defect shows that its scenarios can fail\n";
    }
    text
}

fn of_scenario(catalogue: &Catalogue, entry: &Entry) -> String {
    let mut text = format!("{}\n  {}\n  {}\n", entry.text.id, entry.text.name, entry.key());
    for id in entry.rows() {
        if let Some(row) = catalogue.ledger.row(&id) {
            let _ = writeln!(text, "  {id}: {}", row.demand);
        }
    }
    let needs: Vec<_> = entry.tagged("cap").collect();
    if !needs.is_empty() {
        let _ = writeln!(text, "  Needs: {}", needs.join(", "));
    }
    for (step, keyword) in entry.text.steps.iter().zip(&entry.keywords) {
        let _ = writeln!(text, "    {keyword} {}", step.text);
    }
    text
}
