//! `plumbline list`: what there is.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;

use super::{Refusal, print};
use crate::catalogue::{Catalogue, Entry};
use crate::cli::List;
use crate::selection::{Plan, Wish};

pub(super) fn list(features: &Path, args: &List) -> Result<(), Refusal> {
    if args.targets {
        return print(&table(target::NAMES.iter().map(|(name, about)| (*name, *about))));
    }
    let catalogue = Catalogue::read(features).map_err(Refusal::usage)?;
    if args.profiles {
        let profiles = catalogue.profiles.iter();
        return print(&table(profiles.map(|p| (p.name.as_str(), p.description.as_str()))));
    }
    let wish = Wish { select: args.select.clone(), ..Wish::default() };
    let plan = Plan::make(&catalogue, &wish, None).map_err(Refusal::usage)?;
    let chosen: Vec<&Entry> = catalogue.scenarios.iter().filter(|entry| plan.runs(entry)).collect();
    print(&match (args.json, args.tree) {
        (true, _) => as_json(&chosen),
        (_, true) => as_tree(&chosen),
        _ => chosen.iter().flat_map(|entry| [entry.text.id.as_str(), "\n"]).collect(),
    })
}

fn table<'a>(lines: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> String {
    let width = lines.clone().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, about) in lines {
        let _ = writeln!(text, "{name:width$}  {about}");
    }
    text
}

fn as_json(entries: &[&Entry]) -> String {
    let one = |entry: &&Entry| {
        json!({
            "id": entry.text.id,
            "name": entry.text.name,
            "feature": entry.text.feature,
            "line": entry.text.line,
            "rows": entry.rows(),
            "tags": entry.text.tags,
        })
    };
    format!("{:#}\n", json!(entries.iter().map(one).collect::<Vec<_>>()))
}

fn as_tree(entries: &[&Entry]) -> String {
    let (mut text, mut feature) = (String::new(), "");
    for entry in entries {
        if entry.text.feature != feature {
            feature = &entry.text.feature;
            let _ = writeln!(text, "{feature}");
        }
        let rows: Vec<_> = entry.rows().iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  {:4}  {} [{}]", entry.text.line, entry.text.name, rows.join(" "));
    }
    text
}
