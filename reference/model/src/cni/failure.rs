//! Errors as the CNI specification writes them. The only place where a
//! failure gets its code.

use std::fmt;

use serde_json::{Value, json};

use super::Version;

/// Well-known error codes of the CNI specification, section "Error", and ours from 100.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Code {
    /// The configuration's version, or the verb in that version, is not spoken.
    IncompatibleVersion = 1,
    /// The configuration holds a field that is not supported.
    UnsupportedField = 2,
    /// The container is unknown or gone; the runtime need not clean up.
    UnknownContainer = 3,
    /// A `CNI_*` variable is missing or wrong.
    InvalidEnvironment = 4,
    /// The configuration could not be read.
    Io = 5,
    /// The configuration is no JSON.
    Undecodable = 6,
    /// The configuration holds a wrong value.
    InvalidConfig = 7,
    /// A passing condition; the runtime should try again.
    TryAgain = 11,
    /// STATUS: no ADD can be served.
    NotAvailable = 50,
    /// STATUS: no ADD can be served, and running pods may suffer.
    LimitedConnectivity = 51,
    /// An act on the kernel failed.
    Kernel = 100,
    /// CHECK: what is there differs from what was given.
    Mismatch = 101,
    /// The node may not serve pods in this mode; trying again will not help.
    NodeRefused = 102,
    /// The daemon refused the request for a reason of its own.
    Refused = 103,
}

/// An error to print on standard output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Which kind.
    pub code: Code,
    /// One line that names the act and its object.
    pub msg: String,
    /// More, where there is more to say.
    pub details: String,
}

impl Failure {
    /// A failure without details.
    pub fn new(code: Code, msg: impl Into<String>) -> Self {
        Self { code, msg: msg.into(), details: String::new() }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, details: impl fmt::Display) -> Self {
        self.details = details.to_string();
        self
    }

    /// The JSON object to print, in the caller's version (1.1.0 while it is unknown).
    pub fn to_json(&self, version: Option<Version>) -> Value {
        let mut object = json!({
            "cniVersion": version.unwrap_or(Version::V1_1_0).text(),
            "code": self.code as u16,
            "msg": if defect::on("error-without-words") { "" } else { &self.msg },
        });
        if !self.details.is_empty() {
            object["details"] = Value::String(self.details.clone());
        }
        object
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.msg, self.code as u16)?;
        if self.details.is_empty() { Ok(()) } else { write!(f, ": {}", self.details) }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_left_out_when_there_are_none() {
        let failure = Failure::new(Code::TryAgain, "allocate address for default/a");
        assert_eq!(
            failure.to_json(Some(Version::V0_4_0)),
            json!({"cniVersion": "0.4.0", "code": 11, "msg": "allocate address for default/a"})
        );
        assert_eq!(failure.because("pool empty").to_json(None)["details"], "pool empty");
    }
}
