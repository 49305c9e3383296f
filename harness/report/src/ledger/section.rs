//! A section of the ledger: one file.

use serde::Deserialize;
use toml::Spanned;

use super::toml::{maybe_said, parse, said};
use super::{Kind, LedgerError, Reading, Row, RowId, Source, TextFile};

/// A section of the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// Its title for people.
    pub title: String,
    /// Its place among the sections.
    pub order: u32,
    /// The file that holds it.
    pub file: String,
    /// Its rows, in the file's order.
    pub rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "said")]
    title: String,
    order: u32,
    row: Vec<WrittenRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRow {
    id: Spanned<RowId>,
    kind: Kind,
    #[serde(deserialize_with = "said")]
    demand: String,
    #[serde(deserialize_with = "said")]
    shows: String,
    source: Vec<Source>,
    #[serde(default)]
    reading: Vec<Reading>,
    #[serde(default, deserialize_with = "maybe_said")]
    untested: Option<String>,
    #[serde(default, deserialize_with = "maybe_said")]
    also_untested: Option<String>,
}

impl Section {
    /// Parses a section's file.
    pub(super) fn parse(file: &TextFile) -> Result<Self, LedgerError> {
        let written: Written = parse(file)?;
        let rows =
            written.row.into_iter().map(|row| row.checked(file)).collect::<Result<_, _>>()?;
        let Written { title, order, .. } = written;
        Ok(Self { title, order, file: file.path.clone(), rows })
    }
}

impl WrittenRow {
    /// The row, when its parts agree with each other.
    fn checked(self, file: &TextFile) -> Result<Row, LedgerError> {
        let line = file.line_at(self.id.span().start);
        let id = self.id.into_inner();
        let place = format!("{}:{line}", file.path);
        let readings_fit = match self.kind {
            Kind::Disputed => self.reading.len() >= 2,
            _ => self.reading.is_empty(),
        };
        if !readings_fit {
            return Err(LedgerError::Readings { place, id });
        }
        if self.untested.is_some() && self.also_untested.is_some() {
            return Err(LedgerError::Halves { place, id });
        }
        if self.source.is_empty() {
            return Err(LedgerError::Sourceless { place, id });
        }
        Ok(Row {
            id,
            kind: self.kind,
            demand: self.demand,
            shows: self.shows,
            sources: self.source,
            readings: self.reading,
            untested: self.untested,
            also_untested: self.also_untested,
            line,
        })
    }
}
