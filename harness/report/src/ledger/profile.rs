//! What a claim is about: the rows of one profile.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::toml::{parse, said};
use super::{LedgerError, RowId, TextFile, paths, text};

/// The rows that a claim is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Its name, which is its file's.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// Its rows, each with its line in the file.
    pub rows: Vec<(RowId, usize)>,
    /// The file that holds it.
    pub file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "said")]
    name: String,
    #[serde(deserialize_with = "said")]
    description: String,
    rows: Vec<Spanned<RowId>>,
}

impl Profile {
    /// Parses a profile's file.
    pub fn parse(file: &TextFile) -> Result<Self, LedgerError> {
        let Written { name, description, rows } = parse(file)?;
        if Path::new(&file.path).file_stem().is_none_or(|stem| stem != name.as_str()) {
            return Err(LedgerError::Misnamed { file: file.path.clone(), name });
        }
        let numbered = |id: Spanned<RowId>| {
            let line = file.line_at(id.span().start);
            (id.into_inner(), line)
        };
        let rows = rows.into_iter().map(numbered).collect();
        Ok(Self { name, description, rows, file: file.path.clone() })
    }

    /// Reads every `profiles/NAME.toml` under `features`, by name.
    pub fn read_all(features: &Path) -> Result<Vec<Self>, LedgerError> {
        let mut profiles = Vec::new();
        for path in paths(&features.join("profiles"))? {
            if path.extension().is_some_and(|extension| extension == "toml") {
                profiles.push(Self::parse(&text(&path)?)?);
            }
        }
        Ok(profiles)
    }

    /// Its rows.
    pub fn ids(&self) -> impl Iterator<Item = &RowId> {
        self.rows.iter().map(|(id, _)| id)
    }
}
