//! The key pair that signs, and where it is read from. Nothing here prints the
//! secret: not `Debug`, not an error.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

/// An access key, with the token that goes with a temporary one.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    id: String,
    secret: String,
    token: Option<String>,
}

/// Credentials that cannot be read or cannot be right.
#[derive(Debug, Error)]
pub enum BadCredentials {
    /// A file cannot be read.
    #[error("read credentials from {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not the JSON object that it should be. The parser's own words
    /// are left out: they may quote the secret.
    #[error(
        "{path} line {line} column {column}: not a JSON object of access_key_id, \
         access_key_secret and, if temporary, security_token"
    )]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Where it goes wrong.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// A part is empty or has characters that no HTTP header may have.
    #[error("{part} is empty or not printable ASCII without spaces")]
    NotText {
        /// Which part.
        part: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    access_key_id: String,
    access_key_secret: String,
    security_token: Option<String>,
}

impl Credentials {
    /// A key pair from texts, without the white space around them.
    pub fn new(id: &str, secret: &str, token: Option<&str>) -> Result<Self, BadCredentials> {
        Ok(Self {
            id: text("access key id", id)?,
            secret: text("access key secret", secret)?,
            token: token.map(|token| text("security token", token)).transpose()?,
        })
    }

    /// Reads a key pair from two files that hold nothing else, as a mounted Secret has them.
    pub fn from_pair(id: &Path, secret: &Path) -> Result<Self, BadCredentials> {
        Self::new(&read(id)?, &read(secret)?, None)
    }

    /// Reads `{"access_key_id": .., "access_key_secret": .., "security_token": ..}`;
    /// the token may be left out.
    pub fn from_json(path: &Path) -> Result<Self, BadCredentials> {
        let file: File =
            serde_json::from_str(&read(path)?).map_err(|error| BadCredentials::NotJson {
                path: path.to_owned(),
                line: error.line(),
                column: error.column(),
            })?;
        Self::new(&file.access_key_id, &file.access_key_secret, file.security_token.as_deref())
    }

    /// The public half.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn secret(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("id", &self.id).finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<String, BadCredentials> {
    fs::read_to_string(path)
        .map_err(|source| BadCredentials::Read { path: path.to_owned(), source })
}

fn text(part: &'static str, text: &str) -> Result<String, BadCredentials> {
    let text = text.trim();
    let printable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if printable { Ok(text.to_owned()) } else { Err(BadCredentials::NotText { part }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn json(text: &str) -> Result<Credentials, BadCredentials> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        fs::write(&path, text).unwrap();
        Credentials::from_json(&path)
    }

    #[test]
    fn a_pair_of_files_is_read_without_its_line_ends() {
        let folder = tempfile::tempdir().unwrap();
        let (id, secret) = (folder.path().join("id"), folder.path().join("secret"));
        fs::write(&id, "LTAI0\n").unwrap();
        fs::write(&secret, "s3cret\r\n").unwrap();
        let read = Credentials::from_pair(&id, &secret).unwrap();
        assert_eq!(read, Credentials::new("LTAI0", "s3cret", None).unwrap());
    }

    #[test]
    fn a_file_of_json_may_hold_a_token() {
        let pair = r#"{"access_key_id": "LTAI0", "access_key_secret": "s3cret""#;
        let plain = json(&format!("{pair}}}")).unwrap();
        assert_eq!(plain, Credentials::new("LTAI0", "s3cret", None).unwrap());
        let temporary = json(&format!(r#"{pair}, "security_token": "CAIS=="}}"#)).unwrap();
        assert_eq!(temporary, Credentials::new("LTAI0", "s3cret", Some("CAIS==")).unwrap());
    }

    #[rstest]
    #[case::whole_text(r#""s3cret""#)]
    #[case::wrong_type(r#"{"access_key_id": "LTAI0", "access_key_secret": ["s3cret"]}"#)]
    #[case::unknown(r#"{"access_key_id": "a", "access_key_secret": "s3cret", "s3cret": 1}"#)]
    #[case::missing(r#"{"access_key_secret": "s3cret"}"#)]
    #[case::control(r#"{"access_key_id": "a", "access_key_secret": "s3cret\nX-Evil: 1"}"#)]
    #[case::empty(r#"{"access_key_id": " ", "access_key_secret": "s3cret"}"#)]
    fn what_is_wrong_is_refused_without_a_word_of_the_secret(#[case] text: &str) {
        let error = json(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error} {error:?}");
    }

    #[test]
    fn debug_shows_the_public_half_only() {
        let credentials = Credentials::new("LTAI0", "s3cret", Some("CAIS")).unwrap();
        assert_eq!(format!("{credentials:?}"), r#"Credentials { id: "LTAI0", .. }"#);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Credentials::from_json(Path::new("/nonexistent/key")).unwrap_err();
        assert_eq!(error.to_string(), "read credentials from /nonexistent/key");
    }
}
