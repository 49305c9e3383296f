//! Digest and size of every file of a run, and one digest over all of them: whoever
//! has that one can tell whether anything is missing, added or changed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{digest, listed};
use crate::output::write_file;

/// File of the manifest.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The form of `manifest.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Version of this form.
    pub(crate) api_version: report::json::ApiVersion,
    /// Name of the run.
    pub(crate) run: String,
    /// SHA-256 of the lines `SHA256 BYTES PATH`, one for each file in the order of
    /// their paths, each ending in a newline.
    pub(crate) root: String,
    /// Every file but this one, by its path in the run's folder.
    pub(crate) files: BTreeMap<String, File>,
}

/// What is known of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct File {
    /// Its digest.
    pub(crate) sha256: String,
    /// Its size.
    pub(crate) bytes: u64,
}

impl Manifest {
    /// What is in the folder of a run.
    pub(crate) fn of(folder: &Path, run: &str) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        gather(folder, "", &mut files)?;
        files.remove(MANIFEST);
        let (api_version, root) = (report::json::ApiVersion::V1, root(&files));
        Ok(Self { api_version, run: run.to_owned(), root, files })
    }

    /// Writes it beside the files.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self).context("write the manifest")?;
        write_file(&folder.join(MANIFEST), &(text + "\n"))
    }

    /// Reads the one in the folder of a run.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(MANIFEST);
        let act = || format!("read {}", path.display());
        let text = std::fs::read_to_string(&path).with_context(act)?;
        serde_json::from_str(&text).with_context(act)
    }

    /// Where the folder is not what this says, each with the file's name.
    pub(crate) fn differences(&self, folder: &Path) -> anyhow::Result<Vec<String>> {
        let seen = Self::of(folder, &self.run)?;
        let mut found = Vec::new();
        for (path, file) in &self.files {
            match seen.files.get(path) {
                None => found.push(format!("{path} is missing")),
                Some(seen) if seen != file => found.push(format!("{path} was changed")),
                Some(_) => {}
            }
        }
        let added = seen.files.keys().filter(|path| !self.files.contains_key(*path));
        found.extend(added.map(|path| format!("{path} was added")));
        if found.is_empty() && self.root != root(&self.files) {
            found.push(format!("{MANIFEST} has another root than its files"));
        }
        Ok(found)
    }
}

fn root(files: &BTreeMap<String, File>) -> String {
    let lines = files.iter().map(|(path, file)| format!("{} {} {path}\n", file.sha256, file.bytes));
    digest(lines.collect::<Vec<_>>().concat())
}

fn gather(folder: &Path, above: &str, files: &mut BTreeMap<String, File>) -> anyhow::Result<()> {
    for path in listed(folder)? {
        let shown = path.display();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.with_context(|| format!("{shown} has a name that is no text"))?;
        let place = format!("{above}{name}");
        let kind = path.symlink_metadata().with_context(|| format!("look at {shown}"))?.file_type();
        if kind.is_dir() {
            gather(&path, &format!("{place}/"), files)?;
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).with_context(|| format!("read {shown}"))?;
            files.insert(place, File { sha256: digest(&bytes), bytes: bytes.len() as u64 });
        } else {
            bail!("{shown} is neither a file nor a folder");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with two files and its manifest.
    fn sealed() -> (tempfile::TempDir, Manifest) {
        let folder = tempfile::tempdir().unwrap();
        write_file(&folder.path().join("report.json"), "{}").unwrap();
        write_file(&folder.path().join("logs/agent.log"), "line").unwrap();
        let manifest = Manifest::of(folder.path(), "ptest000").unwrap();
        manifest.write(folder.path()).unwrap();
        (folder, manifest)
    }

    #[test]
    fn an_untouched_folder_is_as_its_manifest_says() {
        let (folder, manifest) = sealed();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest);
        assert_eq!(manifest.differences(folder.path()).unwrap(), [""; 0]);
    }

    #[test]
    fn the_root_is_the_digest_of_all_lines() {
        // printf 'DIGEST 4 logs/agent.log\nDIGEST 2 report.json\n' | sha256sum
        let (_folder, manifest) = sealed();
        assert_eq!(
            manifest.root,
            "fd1ae9fd2043fa7932a22238ef3ac2093ff1e56e6ea4b7436f0b30192a65031e"
        );
    }

    #[test]
    fn a_changed_a_missing_and_an_added_file_are_named() {
        let (folder, manifest) = sealed();
        std::fs::write(folder.path().join("logs/agent.log"), "lime").unwrap();
        std::fs::remove_file(folder.path().join("report.json")).unwrap();
        std::fs::write(folder.path().join("logs/more.log"), "").unwrap();
        let expected =
            ["logs/agent.log was changed", "report.json is missing", "logs/more.log was added"];
        assert_eq!(manifest.differences(folder.path()).unwrap(), expected);
    }

    #[test]
    fn another_root_than_that_of_the_files_is_noticed() {
        let (folder, mut manifest) = sealed();
        manifest.root = digest("something else");
        assert_eq!(manifest.differences(folder.path()).unwrap().len(), 1);
    }
}
