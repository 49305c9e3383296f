//! Whatever the cloud answers is read or refused with its path.

use std::fmt::Debug;
use std::num::NonZeroU16;

use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};

use super::Action;
use super::assign_ipv6_addresses::AssignIpv6Addresses;
use super::assign_private_ip_addresses::AssignPrivateIpAddresses;
use super::attach_network_interface::AttachNetworkInterface;
use super::create_network_interface::CreateNetworkInterface;
use super::delete_network_interface::DeleteNetworkInterface;
use super::describe_instance_types::DescribeInstanceTypes;
use super::describe_network_interface_attribute::DescribeNetworkInterfaceAttribute;
use super::describe_network_interfaces::DescribeNetworkInterfaces;
use super::describe_v_switches::DescribeVSwitches;
use super::detach_network_interface::DetachNetworkInterface;
use super::unassign_ipv6_addresses::UnassignIpv6Addresses;
use super::unassign_private_ip_addresses::UnassignPrivateIpAddresses;
use crate::amount::{Amount, Batch};
use crate::interface::Role;

const INTERFACE: &str = r#"{"RequestId": "r", "NetworkInterfaceId": "eni-1", "Status": "InUse",
    "Type": "Secondary", "MacAddress": "00:16:3e:00:00:01", "VSwitchId": "vsw-1", "VpcId": "vpc-1",
    "ZoneId": "z", "InstanceId": "i-1", "Attachment": {"InstanceId": "i-1", "DeviceIndex": 3},
    "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": "10.0.1.5", "Primary": true}]},
    "Ipv6Sets": {"Ipv6Set": [{"Ipv6Address": "fd00::5"}]},
    "Ipv4PrefixSets": {"Ipv4PrefixSet": [{"Ipv4Prefix": "10.0.0.16/28"}]},
    "Ipv6PrefixSets": {}, "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
    "Tags": {"Tag": [{"TagKey": "k", "TagValue": "v"}]}, "NetworkInterfaceTrafficMode": "Standard",
    "CreationTime": "2024-01-01T00:00:00Z"}"#;
const ONE: [&str; 1] = [INTERFACE];
const MANY: [&str; 1] =
    [r#"{"RequestId": "r", "NextToken": "p2", "NetworkInterfaceSets": {"NetworkInterfaceSet": [
    {"NetworkInterfaceId": "eni-1", "Status": "Available", "Type": "Member",
    "MacAddress": "00:16:3e:00:00:01", "VSwitchId": "vsw-1",
    "PrivateIpSets": {"PrivateIpSet": []}}]}}"#];
const ASSIGNED: [&str; 2] = [
    r#"{"RequestId": "r", "AssignedPrivateIpAddressesSet": {"NetworkInterfaceId": "eni-1",
    "PrivateIpSet": {"PrivateIpAddress": ["10.0.0.6"]},
    "Ipv4PrefixSet": {"Ipv4Prefixes": ["10.0.0.16/28"]}}}"#,
    r#"{"RequestId": "r", "NetworkInterfaceId": "eni-1", "Ipv6Sets": {"Ipv6Address": ["fd00::6"]},
    "Ipv6PrefixSets": {"Ipv6Prefix": ["fd00::/80"]}}"#,
];
const DONE: [&str; 1] = [r#"{"RequestId": "r"}"#];
const TYPES: [&str; 1] =
    [r#"{"RequestId": "r", "NextToken": "", "InstanceTypes": {"InstanceType": [
    {"InstanceTypeId": "ecs.g7.large", "EniQuantity": 3, "EniPrivateIpAddressQuantity": 6,
    "EniIpv6AddressQuantity": 6, "EniTotalQuantity": 10, "EniTrunkSupported": true}]}}"#];
const SWITCHES: [&str; 1] =
    [r#"{"RequestId": "r", "TotalCount": 1, "VSwitches": {"VSwitch": [{"VSwitchId": "vsw-1",
    "ZoneId": "z", "CidrBlock": "10.0.1.0/24", "Ipv6CidrBlock": "", "VpcId": "vpc-1",
    "AvailableIpAddressCount": 250, "Status": "Available"}]}}"#];

const TWO: NonZeroU16 = NonZeroU16::new(2).expect("2 is not 0");

/// Gives an action answers of every kind.
fn answered<A: Action>(action: &A, examples: &'static [&'static str])
where
    A::Answer: Debug,
{
    let play = |strategy: BoxedStrategy<(Vec<u8>, Option<String>)>| {
        let told = |(body, key): (Vec<u8>, Option<String>)| -> TestCaseResult {
            let Err(misfit) = action.answer(&body) else { return Ok(()) };
            let (path, error) = (misfit.path().to_string(), misfit.inner().to_string());
            prop_assert!(!path.is_empty() && !error.is_empty());
            let within = key.is_none_or(|key| path == "." || path.starts_with(&key));
            prop_assert!(within, "{}: {path}: {error}", A::NAME);
            Ok(())
        };
        let mut runner = TestRunner::default();
        runner.run(&strategy, told).unwrap_or_else(|failure| panic!("{}: {failure}", A::NAME));
    };
    play(garble::bytes(examples).prop_map(|body| (body, None)).boxed());
    let replaced = garble::replaced(examples);
    play(replaced.prop_map(|new| (new.text.into_bytes(), Some(new.key))).boxed());
    let good = examples.iter().any(|example| action.answer(example.as_bytes()).is_ok());
    assert!(good, "{} reads none of the good examples", A::NAME);
}

#[test]
fn any_answer_to_a_question_is_read_or_refused() {
    answered(&DescribeNetworkInterfaces::default(), &MANY);
    answered(&DescribeNetworkInterfaceAttribute { interface: "eni-1".to_owned() }, &ONE);
    answered(&DescribeInstanceTypes::default(), &TYPES);
    answered(&DescribeVSwitches { v_switch: "vsw-1".to_owned() }, &SWITCHES);
}

#[test]
fn any_answer_to_what_makes_something_is_read_or_refused() {
    let token = || "t-1".to_owned().try_into().expect("a token of letters");
    let interface = || "eni-1".to_owned();
    for amount in [Amount::Addresses(TWO), Amount::Prefixes(TWO)] {
        let v4 = AssignPrivateIpAddresses { token: token(), interface: interface(), amount };
        answered(&v4, &ASSIGNED);
        answered(
            &AssignIpv6Addresses { token: token(), interface: interface(), amount },
            &ASSIGNED,
        );
    }
    let create = CreateNetworkInterface {
        token: token(),
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
        tags: std::collections::BTreeMap::new(),
    };
    answered(&create, &ONE);
}

#[test]
fn any_answer_to_what_ends_in_a_state_is_read_or_refused() {
    let (interface, instance) = (|| "eni-1".to_owned(), || "i-1".to_owned());
    answered(
        &AttachNetworkInterface {
            interface: interface(),
            instance: instance(),
            trunk: None,
            network_card: None,
        },
        &DONE,
    );
    answered(
        &DetachNetworkInterface { interface: interface(), instance: instance(), trunk: None },
        &DONE,
    );
    answered(&DeleteNetworkInterface { interface: interface() }, &DONE);
    let batch = Batch::Addresses(Vec::new());
    answered(&UnassignPrivateIpAddresses { interface: interface(), batch }, &DONE);
    let batch = Batch::Addresses(Vec::new());
    answered(&UnassignIpv6Addresses { interface: interface(), batch }, &DONE);
}
