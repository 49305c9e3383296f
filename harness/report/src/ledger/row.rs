//! One demand of a document.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Source;
use super::toml::said;

/// The stable name of a row: capitals, perhaps with digits, then a number, as in `CAP-1` or `DP2-10`.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(!try_from, !into)]
pub struct RowId(#[schemars(regex(pattern = r"^[A-Z][A-Z0-9]*-[1-9][0-9]*$"))] String);

impl RowId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that is no row's id.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{text}` is no row id: it takes capitals and a number, as in CAP-1")]
pub struct IdError {
    /// The text.
    pub text: String,
}

impl FromStr for RowId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for RowId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        let capital = |byte: u8| byte.is_ascii_uppercase();
        let named = |name: &str| {
            name.bytes().next().is_some_and(capital)
                && name.bytes().all(|byte| capital(byte) || byte.is_ascii_digit())
        };
        let numbered = |number: &str| {
            !number.starts_with('0')
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        match text.split_once('-') {
            Some((name, number)) if named(name) && numbered(number) => Ok(Self(text)),
            _ => Err(IdError { text }),
        }
    }
}

impl From<RowId> for String {
    fn from(id: RowId) -> Self {
        id.0
    }
}

/// How a row weighs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A violation fails a claim.
    Must,
    /// The document admits a limitation: what the target does is recorded, and
    /// it never fails for doing better.
    Limit,
    /// Nothing to observe; weighs nothing.
    Info,
    /// Document and published code differ; weighs like must, by reading.
    Disputed,
    /// Comes from a page that the document links to; weighs like must.
    Linked,
}

impl Kind {
    /// The word in the ledger and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Limit => "limit",
            Self::Info => "info",
            Self::Disputed => "disputed",
            Self::Linked => "linked",
        }
    }

    /// Whether a violation fails a claim.
    pub fn binds(self) -> bool {
        matches!(self, Self::Must | Self::Disputed | Self::Linked)
    }
}

/// One way to understand a disputed row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Its name, `document` or `upstream`.
    #[serde(deserialize_with = "said")]
    pub name: String,
    /// What it demands.
    #[serde(deserialize_with = "said")]
    pub says: String,
}

/// One demand of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its stable name.
    pub id: RowId,
    /// How it weighs.
    pub kind: Kind,
    /// What is demanded, in our own words.
    pub demand: String,
    /// How one sees whether it is met.
    pub shows: String,
    /// Where it stands; at least one place.
    pub sources: Vec<Source>,
    /// The readings of a disputed row, at least two; none for another row.
    pub readings: Vec<Reading>,
    /// Why no scenario of this repository covers it.
    pub untested: Option<String>,
    /// Which part of it no scenario covers, and why.
    pub also_untested: Option<String>,
    /// Line of its id in the section's file.
    pub line: usize,
}
