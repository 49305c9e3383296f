//! Hardware addresses of Ethernet links.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A 48-bit hardware address, written in lower case as the cloud writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mac(pub [u8; 6]);

/// The text is not six pairs of hexadecimal digits separated by colons.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("hardware address {text:?} is not of the form 00:16:3e:xx:xx:xx")]
pub struct BadMac {
    text: String,
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = &self.0;
        write!(f, "{first:02x}")?;
        rest.iter().try_for_each(|byte| write!(f, ":{byte:02x}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Mac {
    type Err = BadMac;

    fn from_str(text: &str) -> Result<Self, BadMac> {
        let bad = || BadMac { text: text.to_owned() };
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let pair = |p: &&str| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit());
            let part = parts.next().filter(pair).ok_or_else(bad)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| bad())?;
        }
        parts.next().is_none().then_some(Self(bytes)).ok_or_else(bad)
    }
}

impl TryFrom<String> for Mac {
    type Error = BadMac;

    fn try_from(text: String) -> Result<Self, BadMac> {
        text.parse()
    }
}

impl From<Mac> for String {
    fn from(mac: Mac) -> Self {
        mac.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn reads_either_case_and_writes_lower_case() {
        let mac: Mac = "00:16:3E:0a:0B:ff".parse().unwrap();
        assert_eq!(mac.0, [0x00, 0x16, 0x3e, 0x0a, 0x0b, 0xff]);
        assert_eq!(mac.to_string(), "00:16:3e:0a:0b:ff");
    }

    #[rstest]
    #[case("")]
    #[case("00:16:3e:0a:0b")]
    #[case("00:16:3e:0a:0b:ff:00")]
    #[case("0:16:3e:0a:0b:ff")]
    #[case("00-16-3e-0a-0b-ff")]
    #[case("00:16:3e:0a:0b:+f")]
    #[case("00:16:3e:0a:0b:gg")]
    fn refuses_what_is_no_address(#[case] text: &str) {
        assert!(text.parse::<Mac>().is_err(), "{text}");
    }
}
