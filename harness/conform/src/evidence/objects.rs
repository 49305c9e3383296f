//! Facts by the digest of their text: the same fact is stored once, and a changed
//! one is noticed.

use std::path::{Path, PathBuf};

use anyhow::Context;
use facts::{Evidence, Fact};

use super::{EVIDENCE, Stored, digest};
use crate::output::write_file;

/// The facts of a run.
pub(crate) struct Objects(PathBuf);

impl Objects {
    /// Those in the folder of a run.
    pub(crate) fn of(folder: &Path) -> Self {
        Self(folder.join(EVIDENCE).join("objects"))
    }

    /// Stores everything that was seen in a scenario.
    pub(crate) fn keep(&self, evidence: &Evidence) -> anyhow::Result<Vec<Stored>> {
        let named = evidence.order.iter().filter_map(|name| Some((name, evidence.get(name)?)));
        named
            .map(|(name, fact)| {
                let text = serde_json::to_string(fact).with_context(|| format!("write {name}"))?;
                let sha256 = digest(&text);
                let path = self.0.join(&sha256);
                if !path.exists() {
                    write_file(&path, &text)?;
                }
                Ok(Stored { name: name.clone(), sha256 })
            })
            .collect()
    }

    /// Reads what was seen in a scenario; a fact whose text has another digest than
    /// its name is refused.
    pub(crate) fn read(&self, stored: &[Stored]) -> anyhow::Result<Evidence> {
        let mut evidence = Evidence::default();
        for Stored { name, sha256 } in stored {
            let path = self.0.join(sha256);
            let shown = path.display();
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("read fact {shown}"))?;
            anyhow::ensure!(digest(&text) == *sha256, "{shown} is not the fact that was stored");
            let fact: Fact =
                serde_json::from_str(&text).with_context(|| format!("read fact {shown}"))?;
            evidence.put(name, fact);
        }
        Ok(evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> Evidence {
        let mut evidence = Evidence::default();
        for name in ["one", "the same"] {
            evidence.put(name, Fact::Events { events: vec!["A: b".to_owned()] });
        }
        evidence
    }

    #[test]
    fn facts_are_read_back_as_they_were_stored_and_the_same_one_is_stored_once() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::of(folder.path());
        let stored = objects.keep(&evidence()).unwrap();
        assert_eq!(stored[0].sha256, stored[1].sha256);
        assert_eq!(std::fs::read_dir(&objects.0).unwrap().count(), 1);
        assert_eq!(objects.read(&stored).unwrap(), evidence());
    }

    #[test]
    fn another_text_under_the_same_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::of(folder.path());
        let stored = objects.keep(&evidence()).unwrap();
        let text = r#"{"fact":"events","events":["A: c"]}"#;
        std::fs::write(objects.0.join(&stored[0].sha256), text).unwrap();
        let error = format!("{:#}", objects.read(&stored).unwrap_err());
        assert!(error.contains(&stored[0].sha256), "{error}");
    }
}
