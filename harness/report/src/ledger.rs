//! The ledger: every demand of the documents under a stable id, in our own
//! words, with its place in the document. Files `features/SECTION/ledger.toml`
//! hold it; `features/profiles/NAME.toml` say which rows a claim is about.

mod error;
mod profile;
mod row;
mod section;
mod source;
mod toml;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub use error::LedgerError;
pub use profile::Profile;
pub use row::{IdError, Kind, Reading, Row, RowId};
pub use section::Section;
pub use source::{Source, SourceError, Stale};

/// One file of the ledger, as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextFile {
    /// Its path as messages name it, for example `features/capacity/ledger.toml`.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl TextFile {
    /// The line of a byte, counted from 1.
    fn line_at(&self, byte: usize) -> usize {
        self.text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// Every demand, by section in the document's order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// The sections.
    pub sections: Vec<Section>,
}

impl Ledger {
    /// Parses files, one per section, in any order.
    ///
    /// Every id is in one place only; a row of kind disputed has at least two
    /// readings, another has none.
    pub fn parse(files: &[TextFile]) -> Result<Self, LedgerError> {
        let mut sections = files.iter().map(Section::parse).collect::<Result<Vec<_>, _>>()?;
        sections.sort_by_key(|section| section.order);
        let mut places = BTreeMap::new();
        for section in &sections {
            for row in &section.rows {
                let place = format!("{}:{}", section.file, row.line);
                if let Some(first) = places.insert(&row.id, place.clone()) {
                    return Err(LedgerError::Duplicate { place, id: row.id.clone(), first });
                }
            }
        }
        Ok(Self { sections })
    }

    /// Reads `SECTION/ledger.toml` of every folder under `features`.
    pub fn read(features: &Path) -> Result<Self, LedgerError> {
        let mut files = Vec::new();
        for folder in paths(features)? {
            let path = folder.join("ledger.toml");
            if path.is_file() {
                files.push(text(&path)?);
            }
        }
        Self::parse(&files)
    }

    /// Every row, in the document's order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sections.iter().flat_map(|section| &section.rows)
    }

    /// The row of this id.
    pub fn row(&self, id: &RowId) -> Option<&Row> {
        self.rows().find(|row| row.id == *id)
    }

    /// Rows whose lines in a document are no longer what they were when the
    /// row was written. `document` is the name that sources use.
    pub fn stale(&self, document: &str, text: &str) -> Vec<Stale> {
        let lines: Vec<&str> = text.lines().collect();
        let of_row = |row: &Row| {
            let differing = |source: &&Source| source.document == document && !source.is_in(&lines);
            let stale = |source: &Source| Stale { row: row.id.clone(), lines: source.lines };
            row.sources.iter().filter(differing).map(stale).collect::<Vec<_>>()
        };
        self.rows().flat_map(of_row).collect()
    }
}

/// What is in a folder, in alphabetical order.
fn paths(folder: &Path) -> Result<Vec<PathBuf>, LedgerError> {
    let read = |source| LedgerError::Read { path: folder.to_owned(), source };
    let mut paths = fs::read_dir(folder)
        .map_err(read)?
        .map(|entry| Ok(entry.map_err(read)?.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

/// The text of a file.
fn text(path: &Path) -> Result<TextFile, LedgerError> {
    let read = |source| LedgerError::Read { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(read)?;
    Ok(TextFile { path: path.display().to_string(), text })
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
