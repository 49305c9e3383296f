//! Versions of the CNI specification that the plugin speaks.

use std::fmt;

use serde_json::{Value, json};

use super::{Code, Failure, Verb};

/// A version of the CNI specification.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Version {
    /// 0.3.0: the first with lists of plugins.
    V0_3_0,
    /// 0.3.1: the same wire format.
    V0_3_1,
    /// 0.4.0: adds CHECK.
    V0_4_0,
    /// 1.0.0: drops `version` from a result's addresses.
    V1_0_0,
    /// 1.1.0: adds GC and STATUS.
    V1_1_0,
}

impl Version {
    /// Every version that is spoken, oldest first.
    pub const ALL: [Self; 5] =
        [Self::V0_3_0, Self::V0_3_1, Self::V0_4_0, Self::V1_0_0, Self::V1_1_0];

    /// The version's text in a configuration.
    pub fn text(self) -> &'static str {
        match self {
            Self::V0_3_0 => "0.3.0",
            Self::V0_3_1 => "0.3.1",
            Self::V0_4_0 => "0.4.0",
            Self::V1_0_0 => "1.0.0",
            Self::V1_1_0 => "1.1.0",
        }
    }

    /// Reads `cniVersion`; an unknown one is error 1, which names those that are known.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        Self::ALL.into_iter().find(|v| v.text() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::text).join(", ");
            Failure::new(
                Code::IncompatibleVersion,
                format!("cniVersion {text:?} is not spoken here; choose one of {known}"),
            )
        })
    }

    /// Whether this version of the specification knows `verb`.
    pub fn has(self, verb: Verb) -> bool {
        match verb {
            Verb::Add | Verb::Del | Verb::Version => true,
            Verb::Check => self >= Self::V0_4_0,
            Verb::Gc | Verb::Status => self >= Self::V1_1_0,
        }
    }

    /// The answer to VERSION: the version asked in, and all that are spoken.
    pub fn answer(asked: &str) -> Value {
        let newest = asked != Self::V1_1_0.text() && defect::on("version-answers-newest");
        let asked = if newest { Self::V1_1_0.text() } else { asked };
        let mut spoken = Self::ALL.map(Self::text).to_vec();
        if defect::on("version-forgets-the-newest") {
            spoken.pop();
        }
        json!({ "cniVersion": asked, "supportedVersions": spoken })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0.3.0", [true, false, false])]
    #[case("0.3.1", [true, false, false])]
    #[case("0.4.0", [true, true, false])]
    #[case("1.0.0", [true, true, false])]
    #[case("1.1.0", [true, true, true])]
    fn verbs_come_with_their_version(#[case] text: &str, #[case] expected: [bool; 3]) {
        let version = Version::parse(text).unwrap();
        assert_eq!([Verb::Add, Verb::Check, Verb::Gc].map(|v| version.has(v)), expected);
        assert_eq!(version.has(Verb::Status), expected[2]);
    }

    #[test]
    fn an_unknown_version_is_error_1_and_names_the_known_ones() {
        let failure = Version::parse("2.0.0").unwrap_err();
        assert_eq!(failure.code, Code::IncompatibleVersion);
        assert!(failure.msg.contains("0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0"), "{}", failure.msg);
    }
}
