use std::collections::BTreeMap;
use std::num::NonZeroU16;

use super::*;
use crate::action::assign_ipv6_addresses::AssignIpv6Addresses;
use crate::action::assign_private_ip_addresses::AssignPrivateIpAddresses;
use crate::action::create_network_interface::CreateNetworkInterface;
use crate::action::delete_network_interface::DeleteNetworkInterface;
use crate::action::describe_instance_types::DescribeInstanceTypes;
use crate::action::describe_network_interface_attribute::DescribeNetworkInterfaceAttribute;
use crate::action::describe_network_interfaces::DescribeNetworkInterfaces;
use crate::action::describe_v_switches::DescribeVSwitches;
use crate::{Amount, ClientToken, Effect, Role, Scheme};
use proptest::prelude::*;
use rstest::rstest;

fn describe(ids: usize) -> Call {
    let ids = (0..ids).map(|n| format!("eni-bp1234567890abcdef{n:02}")).collect();
    let request = DescribeNetworkInterfaces { ids, ..DescribeNetworkInterfaces::default() };
    let endpoint = Endpoint::parse("cloud:8080", Scheme::Http).unwrap();
    Call::new(&request, "cn-hangzhou", &endpoint)
}

#[test]
fn the_query_on_the_wire_is_the_one_that_is_signed() {
    let call = describe(1);
    let query = "MaxResults=500&NetworkInterfaceId.1=eni-bp1234567890abcdef00&RegionId=cn-hangzhou";
    assert_eq!(call.uri.to_string(), format!("http://cloud:8080/?{query}"));
    assert_eq!(
        call.unsigned(),
        Unsigned {
            method: "POST",
            host: "cloud:8080",
            action: "DescribeNetworkInterfaces",
            version: "2014-05-26",
            query,
            form: "",
        }
    );
}

#[test]
fn a_hundred_ids_fit_the_query_and_more_go_into_the_body() {
    assert_eq!(describe(100).form, "");
    let long = describe(200);
    assert!(long.form.contains("&NetworkInterfaceId.200="), "{}", long.form);
    assert_eq!((long.unsigned().query, long.uri.to_string().as_str()), ("", "http://cloud:8080/?"));
}

fn delete() -> DeleteNetworkInterface {
    DeleteNetworkInterface { interface: "eni-1".to_owned() }
}

#[rstest]
#[case::done(200, r#"{"RequestId": "r"}"#, Ok(Effect::Accepted), "OK")]
#[case::already(
    404,
    r#"{"Code": "InvalidEniId.NotFound"}"#,
    Ok(Effect::AlreadySo),
    "InvalidEniId.NotFound"
)]
#[case::refused(400, r#"{"Code": "Forbidden.RAM"}"#, Err(()), "Forbidden.RAM")]
#[case::page(200, "<html>", Err(()), "BadAnswer")]
#[case::elsewhere(302, "", Err(()), "HTTP 302")]
fn an_answer_is_judged(
    #[case] status: u16,
    #[case] body: &'static str,
    #[case] effect: Result<Effect, ()>,
    #[case] code: &str,
) {
    let verdict = Verdict::of(&delete(), Ok((status, Bytes::from(body))));
    assert_eq!(verdict.outcome().code(), code);
    let read = match verdict {
        Verdict::Done(effect) | Verdict::AlreadySo(effect, _) => Ok(effect),
        Verdict::Failed(_) => Err(()),
    };
    assert_eq!(read, effect);
}

/// Lets every shape of answer that there is read `body`; the codes of the outcomes.
fn read_by_all(status: u16, body: &[u8]) -> Vec<String> {
    fn by<A: Action>(request: &A, status: u16, body: &[u8]) -> String {
        let verdict = Verdict::of(request, Ok((status, Bytes::copy_from_slice(body))));
        verdict.outcome().code().to_owned()
    }
    let (interface, token, amounts) =
        ("eni-1".to_owned(), ClientToken::fresh(), [Amount::Addresses, Amount::Prefixes]);
    let create = CreateNetworkInterface {
        token: token.clone(),
        v_switch: "vsw-1".to_owned(),
        role: Role::Secondary,
        security_groups: Vec::new(),
        ipv4: None,
        ipv6: None,
        delete_on_release: None,
        source_dest_check: None,
        traffic_mode: None,
        resource_group: None,
        description: None,
        tags: BTreeMap::new(),
    };
    let mut codes = vec![
        by(&create, status, body),
        by(&delete(), status, body),
        by(&DescribeInstanceTypes::default(), status, body),
        by(&DescribeNetworkInterfaceAttribute { interface: interface.clone() }, status, body),
        by(&DescribeNetworkInterfaces::default(), status, body),
        by(&DescribeVSwitches { v_switch: "vsw-1".to_owned() }, status, body),
    ];
    for amount in amounts.map(|of| of(NonZeroU16::MIN)) {
        let (token, interface) = (token.clone(), interface.clone());
        let v4 = AssignPrivateIpAddresses { token, interface, amount };
        let v6 = AssignIpv6Addresses {
            token: v4.token.clone(),
            interface: v4.interface.clone(),
            amount,
        };
        codes.extend([by(&v4, status, body), by(&v6, status, body)]);
    }
    codes
}

const INTERFACES: &str = r#"{"RequestId": "r", "NextToken": "p2", "NetworkInterfaceSets": {"NetworkInterfaceSet": [
    {"NetworkInterfaceId": "eni-1", "Status": "InUse", "Type": "Member", "MacAddress": "00:16:3e:00:00:01",
     "VSwitchId": "vsw-1", "Attachment": {"InstanceId": "i-1", "DeviceIndex": 101},
     "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": "10.0.0.5", "Primary": true}]},
     "Ipv6Sets": {"Ipv6Set": [{"Ipv6Address": "2001:db8::5"}]}, "Tags": {"Tag": [{"TagKey": "creator"}]},
     "CreationTime": "2026-01-02T03:04:05Z"}]}}"#;

#[test]
fn the_example_that_is_spoilt_below_is_whole() {
    assert_eq!(read_by_all(200, INTERFACES.as_bytes())[4], "OK");
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(
        status in 200u16..600,
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let codes = read_by_all(status, &body);
        prop_assert!(codes.iter().all(|code| code != "OK"), "{codes:?}");
    }

    #[test]
    fn no_spoilt_answer_makes_a_parser_panic(
        status in prop_oneof![Just(200u16), 200u16..600],
        at in 0..INTERFACES.len(),
        put in any::<Option<u8>>(),
    ) {
        let mut body = INTERFACES.as_bytes().to_vec();
        match put {
            Some(byte) => body[at] = byte,
            None => body.truncate(at),
        }
        read_by_all(status, &body);
    }
}
