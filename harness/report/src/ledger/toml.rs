//! TOML to types, with the path of the key in every error.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};

use super::{LedgerError, TextFile};

/// What a key's path has at its end when the value is kept with its position.
const SPANNED: &str = ".$__serde_spanned_private_value";

/// Parses a whole file.
pub(super) fn parse<T: DeserializeOwned>(file: &TextFile) -> Result<T, LedgerError> {
    let refuse = |key: String, source: ::toml::de::Error| {
        let place = match source.span() {
            Some(span) => format!("{}:{}", file.path, file.line_at(span.start)),
            None => file.path.clone(),
        };
        LedgerError::Parse { place, key, source: Box::new(source) }
    };
    let document = ::toml::Deserializer::parse(&file.text)
        .map_err(|source| refuse("the file itself".to_owned(), source))?;
    serde_path_to_error::deserialize(document)
        .map_err(|error| refuse(error.path().to_string().replace(SPANNED, ""), error.into_inner()))
}

/// A text that says something: blank ones are refused.
pub(super) fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        return Err(D::Error::custom("says nothing"));
    }
    Ok(text)
}

/// An optional text that, where it is given, says something.
pub(super) fn maybe_said<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    said(deserializer).map(Some)
}
