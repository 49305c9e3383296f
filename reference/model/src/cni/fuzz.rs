//! Whatever a runtime writes is read or refused with a code and the place.

use proptest::prelude::*;
use serde_json::Value;

use super::{Call, Code, Conf, Environment};

const CONFS: [&str; 2] = [
    r#"{"cniVersion": "1.1.0", "name": "terway", "type": "terway", "mtu": 1500,
        "eniip_virtual_type": "Veth", "daemon_socket": "/run/eni.socket", "release_dir": "/var/r",
        "capabilities": {"bandwidth": true}, "veth_prefix": "cali",
        "cni.dev/valid-attachments": [{"containerID": "c1", "ifname": "eth0"}],
        "prevResult": {"cniVersion": "1.1.0", "ips": [{"address": "10.0.1.5/32"}]}}"#,
    r#"{"cniVersion": "0.3.1", "name": "n"}"#,
];

const ARGS: [&str; 2] = [
    "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=a-1.b;K8S_POD_UID=5f0e-77",
    "K8S_POD_NAME=a;K8S_POD_NAME=a",
];

const WORDS: [&str; 3] = ["ADD", "c1_x.y-z", "/run/netns/a"];

/// A variable that is missing, near to a good one, or anything.
fn variable(examples: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        1 => Just(None),
        4 => proptest::sample::select(examples).prop_map(|text| Some(text.to_owned())),
        4 => garble::text(examples).prop_map(Some),
    ]
}

proptest! {
    #[test]
    fn any_standard_input_is_a_configuration_or_an_error_of_its_own(
        stdin in garble::bytes(&CONFS),
    ) {
        if let Err(failure) = Conf::parse(&stdin) {
            prop_assert!(!failure.msg.is_empty());
            let answer = serde_json::from_slice::<Value>(&stdin);
            let object = answer.is_ok_and(|value| value.is_object());
            prop_assert_eq!(failure.code == Code::Undecodable, !object, "{}", failure);
        }
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_key(garbled in garble::replaced(&CONFS)) {
        if let Err(failure) = Conf::parse(garbled.text.as_bytes()) {
            prop_assert!(failure.to_string().contains(&garbled.key), "{}", failure);
        }
    }

    #[test]
    fn any_variables_are_a_call_or_an_error_that_names_one(
        command in proptest::sample::select(&["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"][..]),
        container in variable(&WORDS),
        netns in variable(&WORDS),
        ifname in variable(&["eth0", "a.b", ".."]),
        args in variable(&ARGS),
    ) {
        let command = Some(command.to_owned());
        match Call::parse(&Environment { command, container, netns, ifname, args }) {
            Ok(Call::Add(target) | Call::Check(target)) => {
                let id = &target.attachment;
                prop_assert!(!id.container.contains('/') && !id.ifname.contains('/'));
                prop_assert!((1..=15).contains(&id.ifname.len()) && id.ifname != "..");
                prop_assert!(target.netns.starts_with('/') && !target.pod.name.is_empty());
            }
            Ok(Call::Del { attachment, .. }) => {
                prop_assert!(!attachment.container.contains('/') && !attachment.ifname.contains('/'));
            }
            Ok(Call::Gc | Call::Status | Call::Version) => {}
            Err(failure) => prop_assert!(failure.msg.contains("CNI_"), "{}", failure),
        }
    }

    #[test]
    fn any_command_but_six_is_refused(command in ".{0,8}") {
        let known = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"].contains(&command.as_str());
        prop_assert_eq!(super::Verb::parse(Some(&command)).is_ok(), known);
    }
}
