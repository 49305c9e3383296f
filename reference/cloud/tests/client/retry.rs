//! What is sent again and what is not.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use cloud::action::assign_private_ip_addresses::AssignPrivateIpAddresses;
use cloud::action::attach_network_interface::AttachNetworkInterface;
use cloud::action::create_network_interface::CreateNetworkInterface;
use cloud::action::delete_network_interface::DeleteNetworkInterface;
use cloud::action::detach_network_interface::DetachNetworkInterface;
use cloud::action::unassign_private_ip_addresses::UnassignPrivateIpAddresses;
use cloud::{Amount, Client, ClientToken, Effect, Error, Ipv4Batch, Kind, Retry, Role, Settings};
use rstest::rstest;

use crate::cloud::{Cloud, Notes, Reply, accept, refuse};

const CREATED: &str = r#"{"RequestId": "r", "NetworkInterfaceId": "eni-1", "Status": "Available",
    "Type": "Secondary", "MacAddress": "00:16:3e:00:00:01", "VSwitchId": "vsw-1",
    "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": "10.0.0.5", "Primary": true}]}}"#;
const ASSIGNED: &str =
    r#"{"AssignedPrivateIpAddressesSet": {"PrivateIpSet": {"PrivateIpAddress": ["10.0.0.6"]}}}"#;

fn create() -> CreateNetworkInterface {
    CreateNetworkInterface {
        token: ClientToken::fresh(),
        v_switch: "vsw-1".to_owned(),
        role: Role::Secondary,
        security_groups: vec!["sg-1".to_owned()],
        ipv4: None,
        ipv6: None,
        delete_on_release: None,
        source_dest_check: Some(false),
        traffic_mode: None,
        resource_group: None,
        description: None,
        tags: BTreeMap::new(),
    }
}

fn delete() -> DeleteNetworkInterface {
    DeleteNetworkInterface { interface: "eni-1".to_owned() }
}

fn noting(settings: Settings) -> (Client, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    (Client::new(settings, Arc::clone(&notes) as _).unwrap(), notes)
}

fn numbered(codes: &[&str]) -> Vec<(u32, String)> {
    (1..).zip(codes.iter().map(|code| (*code).to_owned())).collect()
}

#[tokio::test]
async fn a_creation_whose_outcome_is_unknown_is_repeated_with_its_token_and_another_nonce() {
    let cloud = Cloud::new(|n, _| match n {
        0 => refuse(500, "InternalError"),
        1 => Reply::Bytes(String::new()),
        _ => Reply::Answer(200, CREATED.to_owned()),
    })
    .await;
    let (client, notes) = noting(cloud.settings());
    let request = create();
    assert_eq!(client.send(&request).await.unwrap().id, "eni-1");
    let seen = cloud.seen();
    let token = request.token.to_string();
    assert!(seen.iter().all(|seen| seen.parameter("ClientToken") == Some(token.as_str())));
    let nonces: BTreeSet<_> =
        seen.iter().map(|seen| &seen.headers["x-acs-signature-nonce"]).collect();
    assert_eq!((seen.len(), nonces.len()), (3, 3));
    assert_eq!(notes.codes(), numbered(&["InternalError", "Broken", "OK"]));
}

#[tokio::test]
async fn an_assignment_is_repeated_with_its_token() {
    let cloud = Cloud::new(|n, _| match n {
        0 => refuse(400, "IdempotentProcessing"),
        _ => Reply::Answer(200, ASSIGNED.to_owned()),
    })
    .await;
    let request = AssignPrivateIpAddresses {
        token: ClientToken::fresh(),
        interface: "eni-1".to_owned(),
        amount: Amount::Addresses(NonZeroU16::MIN),
    };
    let assigned = cloud.client().send(&request).await.unwrap();
    assert_eq!(assigned, Ipv4Batch::Addresses(vec![[10, 0, 0, 6].into()]));
    let tokens: BTreeSet<_> =
        cloud.seen().iter().map(|seen| seen.parameter("ClientToken").map(str::to_owned)).collect();
    assert_eq!(tokens, BTreeSet::from([Some(request.token.to_string())]));
}

#[rstest]
#[case(403, "InvalidVSwitchId.IpNotEnough", Kind::VSwitchExhausted)]
#[case(403, "EniPerInstanceLimitExceeded", Kind::EniQuota)]
#[case(400, "IdempotentFailed", Kind::TokenSpent)]
#[case(409, "Operation.Conflict", Kind::Conflict)]
#[case(403, "Forbidden.RAM", Kind::Forbidden)]
#[case(400, "InvalidParameter", Kind::Other)]
#[tokio::test]
async fn a_refusal_is_not_sent_again(
    #[case] status: u16,
    #[case] code: &'static str,
    #[case] kind: Kind,
) {
    let cloud = Cloud::new(move |_, _| refuse(status, code)).await;
    let error = cloud.client().send(&create()).await.unwrap_err();
    assert_eq!((error.kind(), cloud.seen().len()), (kind, 1));
    assert_eq!(
        error.to_string(),
        format!("CreateNetworkInterface: {code} ({status}): m [request R-1]")
    );
}

#[rstest]
#[case(400, "Throttling")]
#[case(400, "Throttling.User")]
#[case(400, "Throttling.Api")]
#[case(429, "TooMany")]
#[case(503, "ServiceUnavailable")]
#[tokio::test]
async fn throttling_slows_but_does_not_fail(#[case] status: u16, #[case] code: &'static str) {
    let cloud = Cloud::new(move |n, _| if n < 3 { refuse(status, code) } else { accept() }).await;
    let (client, notes) = noting(cloud.settings());
    assert_eq!(client.send(&delete()).await.unwrap(), Effect::Accepted);
    assert_eq!(notes.codes(), numbered(&[code, code, code, "OK"]));
}

#[tokio::test]
async fn attempts_are_bounded() {
    let cloud = Cloud::new(|_, _| refuse(400, "Throttling.User")).await;
    let (client, notes) = noting(cloud.settings());
    let error = client.send(&delete()).await.unwrap_err();
    assert!(matches!(error, Error::Throttled { action: "DeleteNetworkInterface", .. }), "{error}");
    assert_eq!((cloud.seen().len(), notes.codes().len()), (4, 4));
}

#[tokio::test]
async fn time_is_bounded() {
    let cloud = Cloud::new(|_, _| refuse(500, "InternalError")).await;
    let retry = Retry {
        attempts: u32::MAX,
        first: Duration::from_millis(20),
        most: Duration::from_millis(20),
        total: Duration::from_millis(300),
    };
    let (client, notes) = noting(Settings { retry, ..cloud.settings() });
    let begun = std::time::Instant::now();
    assert_eq!(client.send(&delete()).await.unwrap_err().kind(), Kind::Transient);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(notes.codes().len() > 1, "{:?}", notes.codes());
}

#[tokio::test]
async fn what_is_gone_already_is_success() {
    let cloud = Cloud::new(|n, _| match n {
        0 | 1 => refuse(404, "InvalidEniId.NotFound"),
        2 => refuse(404, "InvalidEcsId.NotFound"),
        _ => refuse(403, "InvalidIp.IpUnassigned"),
    })
    .await;
    let (client, notes) = noting(cloud.settings());
    let (interface, instance) = ("eni-1".to_owned(), "i-1".to_owned());
    let detach = DetachNetworkInterface { interface: interface.clone(), instance, trunk: None };
    let batch = Ipv4Batch::Addresses(vec![[10, 0, 0, 6].into()]);
    let unassign = UnassignPrivateIpAddresses { interface, batch };
    let effects = [
        client.send(&delete()).await.unwrap(),
        client.send(&detach).await.unwrap(),
        client.send(&detach).await.unwrap(),
        client.send(&unassign).await.unwrap(),
    ];
    assert_eq!(effects, [Effect::AlreadySo; 4]);
    let codes: Vec<_> = notes.codes().into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes[2..], ["InvalidEcsId.NotFound", "InvalidIp.IpUnassigned"]);
}

#[tokio::test]
async fn an_attachment_that_was_made_before_is_left_to_the_caller() {
    let cloud = Cloud::new(|n, _| match n {
        0 => Reply::Bytes(String::new()),
        _ => refuse(400, "InvalidOperation.InvalidEniState"),
    })
    .await;
    let request = AttachNetworkInterface {
        interface: "eni-1".to_owned(),
        instance: "i-1".to_owned(),
        trunk: None,
        network_card: None,
    };
    let error = cloud.client().send(&request).await.unwrap_err();
    assert_eq!((error.kind(), cloud.seen().len()), (Kind::Conflict, 2));
}
