//! ClientToken ("How to ensure idempotence", help.aliyun.com, document 25693):
//! the same token with the same parameters is carried out once, however often it is sent.

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use thiserror::Error;

/// Up to 64 printable ASCII characters. Whoever must not repeat an action over
/// a restart writes the token down before sending.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ClientToken(String);

/// The text cannot be a token.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("client token {text:?} is not 1 to 64 printable ASCII characters")]
pub struct BadToken {
    text: String,
}

impl ClientToken {
    /// A token that nobody has used.
    pub fn fresh() -> Self {
        Self(unique())
    }
}

impl TryFrom<String> for ClientToken {
    type Error = BadToken;

    fn try_from(text: String) -> Result<Self, BadToken> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(BadToken { text }) }
    }
}

impl fmt::Display for ClientToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 128 random bits in hexadecimal.
pub(crate) fn unique() -> String {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).expect("getrandom fails on no supported kernel");
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn fresh_tokens_differ_and_survive_being_written_down() {
        let (one, other) = (ClientToken::fresh(), ClientToken::fresh());
        assert_ne!(one, other);
        assert_eq!(ClientToken::try_from(one.to_string()), Ok(one));
    }

    #[rstest]
    #[case::empty(String::new())]
    #[case::long("x".repeat(65))]
    #[case::space("a b".to_owned())]
    #[case::unicode("é".to_owned())]
    fn what_the_cloud_refuses_is_no_token(#[case] text: String) {
        assert!(ClientToken::try_from(text).is_err());
    }
}
