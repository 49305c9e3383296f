//! The network configuration on standard input (CNI specification 1.1.0,
//! sections 1 and 2), with the plugin's own keys.
//!
//! An unknown key is refused with its name and value (error 2), so that a
//! misspelt setting is never silently without effect. A key that is known but
//! does nothing in shared-ENI mode is a warning. Both lists stand below.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Code, Failure, Version};

/// Keys that the runtime or the specification owns; they pass.
const PROTOCOL: [&str; 9] = [
    "capabilities",
    "args",
    "dns",
    "disableCheck",
    "disableGC",
    "type",
    "cni.dev/attachments",
    "cni.dev/valid-attachments",
    "prevResult",
];

/// Keys of Terway's configuration that have no effect in this build; each is a warning.
const WITHOUT_EFFECT: [&str; 17] = [
    "auto_mtu",
    "bandwidth_mode",
    "cilium_args",
    "cilium_enable_hubble",
    "cilium_hubble_listen_address",
    "cilium_hubble_metrics",
    "cilium_hubble_metrics_server",
    "debug",
    "disable_host_peer",
    "enable_network_priority",
    "host_stack_cidrs",
    "network_policy_provider",
    "runtimeConfig",
    "symmetric_routing",
    "symmetric_routing_config",
    "veth_prefix",
    "vlan_strip_type",
];

/// Longest configuration that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// A configuration whose every key was found in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conf {
    /// Version of the specification to answer in.
    pub version: Version,
    /// The network's name.
    pub name: String,
    /// MTU of the pod's link in bytes; 1500 unless said otherwise.
    pub mtu: u32,
    /// The daemon's socket.
    pub socket: PathBuf,
    /// Folder where DEL leaves releases for a daemon that is away.
    pub releases: PathBuf,
    /// Result of the ADD before, for CHECK.
    pub prev_result: Option<Value>,
    /// `cni.dev/valid-attachments`, for GC.
    pub valid_attachments: Option<Vec<ValidAttachment>>,
    /// One line for each key without effect.
    pub warnings: Vec<String>,
}

/// An attachment that GC must keep.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct ValidAttachment {
    /// Container id.
    #[serde(rename = "containerID")]
    pub container: String,
    /// Interface name.
    pub ifname: String,
}

impl Conf {
    /// Parses standard input.
    ///
    /// Errors: 6 for what is no JSON object, 1 for a version that is not
    /// spoken, 2 for an unknown key, 7 for a wrong value; each names its key.
    pub fn parse(stdin: &[u8]) -> Result<Self, Failure> {
        let object = object(stdin)?;
        let version = match object.get("cniVersion") {
            Some(Value::String(text)) => Version::parse(text).or_else(|failure| {
                let any = defect::on("unknown-version-is-the-newest");
                if any { Ok(Version::V1_1_0) } else { Err(failure) }
            })?,
            Some(Value::Number(_)) if defect::on("version-may-be-a-number") => Version::V1_1_0,
            other => return Err(wrong("cniVersion", other, "a version such as \"1.0.0\"")),
        };
        let mut conf = Self {
            version,
            name: name(object.get("name"))?,
            mtu: 1500,
            socket: "/var/run/eni/eni.socket".into(),
            releases: "/var/lib/cni/terway/releases".into(),
            prev_result: object.get("prevResult").cloned().filter(|value| !value.is_null()),
            valid_attachments: valid_attachments(&object)?,
            warnings: Vec::new(),
        };
        for (key, value) in &object {
            conf.take(key, value)?;
        }
        Ok(conf)
    }

    fn take(&mut self, key: &str, value: &Value) -> Result<(), Failure> {
        match key {
            "cniVersion" | "name" => {}
            "mtu" => self.mtu = mtu(value)?,
            "eniip_virtual_type" => virtual_type(value)?,
            "daemon_socket" => self.socket = path(key, value)?,
            "release_dir" => self.releases = path(key, value)?,
            "ipam" | "ipMasq" => self.warn(key, "addresses come from the node's daemon"),
            key if WITHOUT_EFFECT.contains(&key) => self.warn(key, "shared-ENI mode"),
            key if PROTOCOL.contains(&key) => {}
            _ if defect::on("unknown-key-is-ignored") => {}
            key => {
                return Err(Failure::new(
                    Code::UnsupportedField,
                    format!("unknown key {key:?} with value {value}; remove it"),
                ));
            }
        }
        Ok(())
    }

    fn warn(&mut self, key: &str, why: &str) {
        self.warnings.push(format!("key {key:?} has no effect: {why}"));
    }
}

/// The version that a configuration asks for, where it can be told; for the
/// answer to VERSION and for errors about the rest of the configuration.
pub(super) fn object(stdin: &[u8]) -> Result<Map<String, Value>, Failure> {
    if stdin.len() > LONGEST {
        return Err(Failure::new(
            undecodable(),
            format!("configuration of {} bytes is longer than {LONGEST}", stdin.len()),
        ));
    }
    serde_json::from_slice(stdin).map_err(|cause| {
        Failure::new(undecodable(), "configuration is no JSON object").because(cause)
    })
}

fn undecodable() -> Code {
    if defect::on("undecodable-is-try-again") { Code::TryAgain } else { Code::Undecodable }
}

fn wrong(key: &str, value: Option<&Value>, wanted: &str) -> Failure {
    let found = value.map_or("nothing".to_owned(), Value::to_string);
    Failure::new(Code::InvalidConfig, format!("key {key:?} holds {found}; it must be {wanted}"))
}

fn name(value: Option<&Value>) -> Result<String, Failure> {
    let wanted = "letters, digits, '_', '.' and '-', the first a letter or digit";
    let text = value.and_then(Value::as_str).ok_or_else(|| wrong("name", value, wanted))?;
    let first = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let rest = text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    let fine = (first && rest) || defect::on("network-name-is-unchecked");
    fine.then(|| text.to_owned()).ok_or_else(|| wrong("name", value, wanted))
}

fn mtu(value: &Value) -> Result<u32, Failure> {
    if value.is_string() && defect::on("mtu-that-is-no-number-is-ignored") {
        return Ok(1500);
    }
    value
        .as_u64()
        .and_then(|mtu| u32::try_from(mtu).ok())
        .filter(|mtu| (1280..=65_535).contains(mtu))
        .ok_or_else(|| wrong("mtu", Some(value), "between 1280 and 65535"))
}

fn virtual_type(value: &Value) -> Result<(), Failure> {
    match value.as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("" | "veth") => Ok(()),
        _ => Err(wrong("eniip_virtual_type", Some(value), "\"veth\" or left out")),
    }
}

fn path(key: &str, value: &Value) -> Result<PathBuf, Failure> {
    value
        .as_str()
        .filter(|text| text.starts_with('/'))
        .map(PathBuf::from)
        .ok_or_else(|| wrong(key, Some(value), "an absolute path"))
}

fn valid_attachments(object: &Map<String, Value>) -> Result<Option<Vec<ValidAttachment>>, Failure> {
    let key = "cni.dev/valid-attachments";
    let Some(value) = object.get(key) else {
        return Ok(None);
    };
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|_| wrong(key, Some(value), "a list of {\"containerID\", \"ifname\"}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn parse(value: &Value) -> Result<Conf, Failure> {
        Conf::parse(value.to_string().as_bytes())
    }

    #[test]
    fn the_least_configuration_gets_the_defaults() {
        let conf =
            parse(&json!({"cniVersion": "1.0.0", "name": "terway", "type": "terway"})).unwrap();
        assert_eq!((conf.version, conf.mtu), (Version::V1_0_0, 1500));
        assert_eq!(conf.socket, PathBuf::from("/var/run/eni/eni.socket"));
        assert!(conf.warnings.is_empty());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_value() {
        let failure =
            parse(&json!({"cniVersion": "1.0.0", "name": "n", "type": "terway", "mtv": 9000}))
                .unwrap_err();
        assert_eq!(failure.code, Code::UnsupportedField);
        assert!(failure.msg.contains("\"mtv\"") && failure.msg.contains("9000"), "{failure}");
    }

    #[test]
    fn a_known_key_without_effect_is_a_warning() {
        let conf = parse(&json!({
            "cniVersion": "1.0.0", "name": "n", "type": "terway",
            "veth_prefix": "cali", "capabilities": {"bandwidth": true},
        }))
        .unwrap();
        assert_eq!(conf.warnings, ["key \"veth_prefix\" has no effect: shared-ENI mode"]);
    }

    #[rstest]
    #[case::not_json(b"{", Code::Undecodable)]
    #[case::empty(b"", Code::Undecodable)]
    #[case::list(b"[]", Code::Undecodable)]
    #[case::no_version(br#"{"name":"n","type":"terway"}"#, Code::InvalidConfig)]
    #[case::version_2(
        br#"{"cniVersion":"2.0.0","name":"n","type":"terway"}"#,
        Code::IncompatibleVersion
    )]
    #[case::version_number(br#"{"cniVersion":1,"name":"n"}"#, Code::InvalidConfig)]
    #[case::no_name(br#"{"cniVersion":"1.0.0","type":"terway"}"#, Code::InvalidConfig)]
    #[case::odd_name(br#"{"cniVersion":"1.0.0","name":"a/b"}"#, Code::InvalidConfig)]
    #[case::small_mtu(br#"{"cniVersion":"1.0.0","name":"n","mtu":68}"#, Code::InvalidConfig)]
    #[case::mtu_text(br#"{"cniVersion":"1.0.0","name":"n","mtu":"1500"}"#, Code::InvalidConfig)]
    #[case::ipvlan(
        br#"{"cniVersion":"1.0.0","name":"n","eniip_virtual_type":"ipvlan"}"#,
        Code::InvalidConfig
    )]
    #[case::gc_list(
        br#"{"cniVersion":"1.1.0","name":"n","cni.dev/valid-attachments":[{"id":1}]}"#,
        Code::InvalidConfig
    )]
    fn bad_input_has_its_code(#[case] stdin: &[u8], #[case] code: Code) {
        assert_eq!(Conf::parse(stdin).unwrap_err().code, code);
    }

    #[test]
    fn a_configuration_over_one_mebibyte_is_not_read() {
        let long = vec![b' '; LONGEST + 1];
        assert_eq!(Conf::parse(&long).unwrap_err().code, Code::Undecodable);
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        let deep = "[".repeat(100_000);
        assert_eq!(Conf::parse(deep.as_bytes()).unwrap_err().code, Code::Undecodable);
    }
}
