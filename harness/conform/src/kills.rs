//! The kill matrix that reports show: what `plumbline mutants matrix` wrote.

use std::path::Path;

use anyhow::Context;
use report::{Detection, Kills};

/// The matrix in `file`; without a wish that of the features, where they have one.
pub(crate) fn read(features: &Path, file: Option<&Path>) -> anyhow::Result<Option<Detection>> {
    let usual = features.join("kills.json");
    let path = file.unwrap_or(&usual);
    let text = match std::fs::read_to_string(path) {
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        read => read.with_context(|| format!("read kill matrix {}", path.display()))?,
    };
    let kills = Kills::from_json(&text);
    let kills = kills.with_context(|| format!("parse kill matrix {}", path.display()))?;
    Ok(Some(kills.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_file_may_be_missing_and_none_may_be_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let (features, usual) = (folder.path(), folder.path().join("kills.json"));
        assert_eq!(read(features, None).unwrap(), None);
        assert!(read(features, Some(&features.join("other.json"))).is_err());
        let empty = r#"{"schema": "plumbline/kills/v1", "seed": 1, "mutants": []}"#;
        std::fs::write(&usual, empty).unwrap();
        assert!(read(features, None).unwrap().is_some());
        std::fs::write(&usual, "{}").unwrap();
        let error = format!("{:#}", read(features, None).unwrap_err());
        assert!(error.contains(&usual.display().to_string()), "{error}");
    }
}
