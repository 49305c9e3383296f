//! Reading answers. What is wrong is an error with its path; what may be absent
//! is `None`, also where the cloud writes an empty text for it.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

/// What is wrong in an answer, with its path.
pub type Misfit = serde_path_to_error::Error<serde_json::Error>;

/// Reads a whole answer; nothing may follow it.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Misfit> {
    let mut input = serde_json::Deserializer::from_slice(body);
    let answer = serde_path_to_error::deserialize(&mut input)?;
    input.end().map_err(|error| Misfit::new(serde_path_to_error::Track::new().path(), error))?;
    Ok(answer)
}

/// For optional texts and what is written as text: absent, `null` and empty are `None`.
pub(crate) fn filled<'de, D, T>(input: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    match Option::<String>::deserialize(input)?.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Outer {
        list: Vec<Inner>,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Inner {
        #[serde(default, deserialize_with = "filled")]
        count: Option<u8>,
    }

    #[rstest]
    #[case::absent(r#"{"list": [{}]}"#, None)]
    #[case::null(r#"{"list": [{"count": null}]}"#, None)]
    #[case::empty(r#"{"list": [{"count": ""}]}"#, None)]
    #[case::there(r#"{"list": [{"count": "7"}], "unknown": {}}"#, Some(7))]
    fn what_is_absent_is_none(#[case] body: &str, #[case] count: Option<u8>) {
        assert_eq!(parse::<Outer>(body.as_bytes()).unwrap(), Outer { list: vec![Inner { count }] });
    }

    #[rstest]
    #[case::nothing("", ".")]
    #[case::html("<html>", ".")]
    #[case::missing("{}", ".")]
    #[case::not_a_list(r#"{"list": {}}"#, "list")]
    #[case::not_a_text(r#"{"list": [{}, {"count": 7}]}"#, "list[1].count")]
    #[case::not_a_number(r#"{"list": [{"count": "300"}]}"#, "list[0].count")]
    #[case::cut(r#"{"list": [{}, {"cou"#, "list[1].?")]
    #[case::more(r#"{"list": []} x"#, ".")]
    fn what_is_wrong_is_named_by_its_path(#[case] body: &str, #[case] path: &str) {
        assert_eq!(parse::<Outer>(body.as_bytes()).unwrap_err().path().to_string(), path);
    }
}
