//! What a run stores of what it asked and saw, so that its verdict can be computed
//! again from that alone.
//!
//! | in the run's folder | what |
//! | --- | --- |
//! | `plan.json` | what was to be played: options, seed, order |
//! | `evidence/objects/SHA256` | one fact each, named by its digest |
//! | `evidence/ID.json` | of one scenario: its facts by name, its claims, how its steps ended |
//! | `evidence/suite/` | ledger, profiles and features as they were |
//! | `report.json`, `verdict.json` | what came of it, and its normal form |
//! | `failures/`, `logs/` | captures of exchanges that failed; what programs said |
//! | `manifest.json` | digest and size of every other file, and one digest over all |

mod digest;
mod index;
mod manifest;
mod objects;
mod recipe;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

pub(crate) use digest::digest;
pub(crate) use index::{Index, Stored};
pub(crate) use manifest::{MANIFEST, Manifest};
pub(crate) use objects::Objects;
pub(crate) use recipe::{Playing, Recipe};

/// Folder of everything that a verdict stands on.
const EVIDENCE: &str = "evidence";
/// File of the plan.
pub(crate) const PLAN: &str = "plan.json";
/// File of the report.
pub(crate) const REPORT: &str = "report.json";
/// File of the verdict's normal form.
pub(crate) const VERDICT: &str = "verdict.json";
/// What a run writes into its folder.
const OWN: [&str; 9] =
    [PLAN, EVIDENCE, REPORT, VERDICT, "junit.xml", "report.html", "failures", "logs", MANIFEST];

/// Refuses a folder with something in it that no run made.
pub(crate) fn check(folder: &Path) -> anyhow::Result<()> {
    let filled = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    let of_a_run = [PLAN, REPORT].iter().any(|name| folder.join(name).is_file());
    if filled && !of_a_run {
        let shown = folder.display();
        bail!("{shown} is not empty, and what is in it is of no run; choose another folder");
    }
    Ok(())
}

/// Takes a folder for a run: what an earlier run left in it goes.
pub(crate) fn take(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
    for path in OWN.map(|name| folder.join(name)) {
        let gone = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else if path.exists() {
            std::fs::remove_file(&path)
        } else {
            Ok(())
        };
        gone.with_context(|| format!("remove {} of an earlier run", path.display()))?;
    }
    Ok(())
}

/// The folder of a run, by its path or its name under `plumbline-runs`.
pub(crate) fn find(run: &str) -> anyhow::Result<PathBuf> {
    let places = [PathBuf::from(run), Path::new("plumbline-runs").join(run)];
    let found = places.into_iter().find(|place| place.join(PLAN).is_file());
    found.with_context(|| format!("{run:?} is neither a run's folder nor a run in plumbline-runs"))
}

/// Where the suite is kept as it was.
pub(crate) fn suite(folder: &Path) -> PathBuf {
    folder.join(EVIDENCE).join("suite")
}

/// Keeps ledger, profiles and features as they are.
pub(crate) fn keep_suite(features: &Path, folder: &Path) -> anyhow::Result<()> {
    let to = suite(folder);
    for section in listed(features)?.iter().filter(|path| path.is_dir()) {
        let name = section.file_name().unwrap_or_default();
        std::fs::create_dir_all(to.join(name))
            .with_context(|| format!("make {}", to.join(name).display()))?;
        for file in listed(section)?.iter().filter(|path| path.is_file()) {
            let kept = to.join(name).join(file.file_name().unwrap_or_default());
            std::fs::copy(file, &kept).with_context(|| format!("keep {}", file.display()))?;
        }
    }
    Ok(())
}

/// What is in a folder, by name.
fn listed(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder);
    let entries = entries.with_context(|| format!("list {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = paths.with_context(|| format!("list {}", folder.display()))?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_something_else_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("evidence");
        std::fs::write(&theirs, "mine").unwrap();
        assert!(check(folder.path()).is_err());
        assert!(theirs.is_file());
    }

    #[test]
    fn what_an_earlier_run_left_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [PLAN, "verdict.json", "note.txt"] {
            std::fs::write(folder.path().join(name), "{}").unwrap();
        }
        std::fs::create_dir_all(folder.path().join("evidence/objects")).unwrap();
        check(folder.path()).unwrap();
        take(folder.path()).unwrap();
        assert_eq!(listed(folder.path()).unwrap(), [folder.path().join("note.txt")]);
    }
}
