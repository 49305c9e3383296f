//! `plumbline coverage`: which demands have scenarios, and whether ledger, profiles
//! and scenarios fit together.

use std::fmt::Write;
use std::path::Path;

use anyhow::anyhow;
use report::Exit;
use report::ledger::Row;

use super::{Refusal, print};
use crate::catalogue::Catalogue;

pub(super) fn coverage(
    features: &Path,
    min: Option<u8>,
    profile: Option<&str>,
) -> Result<Exit, Refusal> {
    let catalogue = Catalogue::read(features).map_err(Refusal::usage)?;
    let rows = rows(&catalogue, profile)?;
    let (mut text, mut covered) = (String::new(), 0);
    let binding = rows.iter().filter(|row| row.kind.binds()).count();
    for row in &rows {
        let shows = |entry: &&crate::catalogue::Entry| entry.rows().contains(&row.id);
        let count = catalogue.scenarios.iter().filter(shows).count();
        covered += usize::from(count > 0 && row.kind.binds());
        let told = match (count, &row.untested, &row.also_untested) {
            (0, Some(reason), _) => format!("not covered: {reason}"),
            (_, _, Some(reason)) => format!("{count} scenarios; not: {reason}"),
            _ => format!("{count} scenarios"),
        };
        let _ = writeln!(text, "{:8} {:9} {told}", row.id, row.kind.word());
    }
    let _ = writeln!(text, "{covered} of {binding} binding rows have scenarios");
    let findings = catalogue.findings();
    for finding in &findings {
        let _ = writeln!(text, "{finding}");
    }
    print(&text)?;
    if !findings.is_empty() {
        return Ok(Exit::Gate);
    }
    let wanted = usize::from(min.unwrap_or(0));
    Ok(if covered * 100 < wanted * binding { Exit::Gate } else { Exit::Conformant })
}

fn rows<'a>(catalogue: &'a Catalogue, profile: Option<&str>) -> Result<Vec<&'a Row>, Refusal> {
    let Some(name) = profile else { return Ok(catalogue.ledger.rows().collect()) };
    let found = catalogue.profiles.iter().find(|profile| profile.name == name);
    let profile = found.ok_or_else(|| Refusal::usage(anyhow!("there is no profile {name:?}")))?;
    Ok(profile.ids().filter_map(|id| catalogue.ledger.row(id)).collect())
}
