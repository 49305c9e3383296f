//! Where a demand stands in a document, with a digest of the lines, so that a
//! changed document is noticed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::RowId;

/// Lines of a document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, try_from = "Unchecked")]
#[schemars(!try_from)]
pub struct Source {
    /// Name of the document, for example `terway-network-plugin.txt`.
    pub document: String,
    /// First and last line, counted from 1.
    pub lines: [usize; 2],
    /// SHA-256 of the lines joined by newlines, in lower-case hexadecimal.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sha256: String,
}

impl Source {
    /// Whether the lines are what they were when the row was written.
    pub(super) fn is_in(&self, document: &[&str]) -> bool {
        let [first, last] = self.lines;
        let Some(lines) = document.get(first - 1..last) else { return false };
        let digest = Sha256::digest(lines.join("\n"));
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits
            .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            .eq(self.sha256.chars())
    }
}

/// A row whose document has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stale {
    /// The row.
    pub row: RowId,
    /// Its lines, which are no longer the same.
    pub lines: [usize; 2],
}

/// Why a source is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum SourceError {
    /// Lines count from 1, and the last is not before the first.
    #[error("lines {first} to {last} are none")]
    Lines {
        /// The first.
        first: usize,
        /// The last.
        last: usize,
    },
    /// The digest is not 64 lower-case hexadecimal digits.
    #[error("sha256 is not 64 lower-case hexadecimal digits")]
    Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    document: String,
    lines: [usize; 2],
    sha256: String,
}

impl TryFrom<Unchecked> for Source {
    type Error = SourceError;

    fn try_from(source: Unchecked) -> Result<Self, SourceError> {
        let Unchecked { document, lines: [first, last], sha256 } = source;
        if first == 0 || last < first {
            return Err(SourceError::Lines { first, last });
        }
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if sha256.len() != 64 || !sha256.bytes().all(digit) {
            return Err(SourceError::Digest);
        }
        Ok(Self { document, lines: [first, last], sha256 })
    }
}
