//! Why a ledger or a profile is refused.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::RowId;

/// Why a ledger or a profile is refused.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// A file or folder could not be read.
    #[error("read {path}")]
    Read {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is no TOML, or a key has no such meaning.
    #[error("parse {place} at {key}")]
    Parse {
        /// File and, where it is known, line.
        place: String,
        /// Path of the key, for example `row[2].kind`.
        key: String,
        /// What the parser says.
        #[source]
        source: Box<::toml::de::Error>,
    },
    /// An id stands twice.
    #[error("{place}: row {id} is already at {first}")]
    Duplicate {
        /// File and line of the second row.
        place: String,
        /// The id.
        id: RowId,
        /// File and line of the first row.
        first: String,
    },
    /// A disputed row with fewer than two readings, or another row with any.
    #[error("{place}: row {id}: a disputed row has two readings or more, no other row has one")]
    Readings {
        /// File and line of the row.
        place: String,
        /// The row.
        id: RowId,
    },
    /// A row that is untested as a whole and in a half.
    #[error(
        "{place}: row {id} is untested as a whole; also_untested is for a part of a tested row"
    )]
    Halves {
        /// File and line of the row.
        place: String,
        /// The row.
        id: RowId,
    },
    /// A row without a place in a document.
    #[error("{place}: row {id} names no source")]
    Sourceless {
        /// File and line of the row.
        place: String,
        /// The row.
        id: RowId,
    },
    /// A profile's name is not that of its file.
    #[error("{file}: the profile calls itself {name}")]
    Misnamed {
        /// The file.
        file: String,
        /// The name inside it.
        name: String,
    },
}
