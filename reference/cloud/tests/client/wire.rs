//! What stands on the wire.

use std::collections::BTreeSet;

use cloud::action::describe_network_interfaces::DescribeNetworkInterfaces;
use cloud::action::describe_v_switches::DescribeVSwitches;
use cloud::sign::{Stamp, Unsigned, sign};
use cloud::{Client, Credentials};
use std::sync::Arc;

use crate::cloud::{Cloud, Reply, Seen};

const NO_VSWITCH: &str = r#"{"VSwitches": {"VSwitch": []}}"#;
const NO_INTERFACE: &str = r#"{"NetworkInterfaceSets": {"NetworkInterfaceSet": []}}"#;

fn vsw() -> DescribeVSwitches {
    DescribeVSwitches { v_switch: "vsw-1".to_owned() }
}

/// Signs what arrived once more.
fn signed_again(seen: &Seen, credentials: &Credentials) -> String {
    let header = |name: &str| seen.headers[name].as_str();
    let stamp = Stamp {
        date: header("x-acs-date").parse().unwrap(),
        nonce: header("x-acs-signature-nonce").to_owned(),
    };
    let request = Unsigned {
        method: seen.line.split(' ').next().unwrap(),
        host: header("host"),
        action: header("x-acs-action"),
        version: header("x-acs-version"),
        query: seen.query(),
        form: &seen.body,
    };
    let headers = sign(&request, credentials, &stamp);
    headers.last().unwrap().1.clone()
}

#[tokio::test]
async fn a_request_carries_region_action_version_and_a_signature_of_what_is_sent() {
    let cloud = Cloud::new(|_, _| Reply::Answer(200, NO_VSWITCH.to_owned())).await;
    assert_eq!(cloud.client().send(&vsw()).await.unwrap(), None);
    let [seen] = cloud.seen().try_into().unwrap();
    assert_eq!(seen.line, "POST /?RegionId=cn-hangzhou&VSwitchId=vsw-1 HTTP/1.1");
    let of = |name: &str| seen.headers[name].as_str();
    assert_eq!((of("x-acs-action"), of("x-acs-version")), ("DescribeVSwitches", "2016-04-28"));
    assert_eq!(of("accept"), "application/json");
    assert!(of("user-agent").starts_with("plumbline-reference/"));
    let key = Credentials::new("id", "secret", None).unwrap();
    assert_eq!(of("authorization"), signed_again(&seen, &key));
}

#[tokio::test]
async fn what_is_too_long_for_a_query_is_signed_and_sent_as_a_form() {
    let cloud = Cloud::new(|_, _| Reply::Answer(200, NO_INTERFACE.to_owned())).await;
    let ids = (0..300).map(|n| format!("eni-bp1234567890abcdef{n}")).collect();
    let request = DescribeNetworkInterfaces { ids, ..DescribeNetworkInterfaces::default() };
    cloud.client().send(&request).await.unwrap();
    let [seen] = cloud.seen().try_into().unwrap();
    assert_eq!(seen.query(), "");
    assert_eq!(seen.parameter("NetworkInterfaceId.300"), Some("eni-bp1234567890abcdef299"));
    assert_eq!(seen.headers["content-type"], "application/x-www-form-urlencoded");
    let key = Credentials::new("id", "secret", None).unwrap();
    assert_eq!(seen.headers["authorization"], signed_again(&seen, &key));
}

#[tokio::test]
async fn no_nonce_is_used_twice() {
    let cloud = Cloud::new(|_, _| Reply::Answer(200, NO_VSWITCH.to_owned())).await;
    let client = cloud.client();
    for _ in 0..20 {
        client.send(&vsw()).await.unwrap();
    }
    let nonces: BTreeSet<_> =
        cloud.seen().iter().map(|seen| seen.headers["x-acs-signature-nonce"].clone()).collect();
    assert_eq!(nonces.len(), 20);
}

#[tokio::test]
async fn a_renewed_key_signs_the_next_request() {
    let cloud = Cloud::new(|_, _| Reply::Answer(200, NO_VSWITCH.to_owned())).await;
    let client = Client::new(cloud.settings(), Arc::new(())).unwrap();
    client.send(&vsw()).await.unwrap();
    let renewed = Credentials::new("STS.id2", "secret2", Some("CAIS==")).unwrap();
    client.renew(renewed.clone());
    client.send(&vsw()).await.unwrap();
    let [first, second] = cloud.seen().try_into().unwrap();
    assert_eq!(first.headers.get("x-acs-security-token"), None);
    assert_eq!(second.headers["x-acs-security-token"], "CAIS==");
    assert_eq!(second.headers["authorization"], signed_again(&second, &renewed));
}
