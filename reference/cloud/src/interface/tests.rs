use super::*;
use crate::answer::parse;
use rstest::rstest;

const MEMBER: &str = r#"{
    "NetworkInterfaceId": "eni-1", "Status": "InUse", "Type": "Member", "MacAddress": "00:16:3e:00:00:01",
    "VSwitchId": "vsw-1", "VpcId": "vpc-1", "ZoneId": "cn-hangzhou-h", "InstanceId": "",
    "Attachment": {"InstanceId": "i-1", "TrunkNetworkInterfaceId": "eni-9", "DeviceIndex": 101, "NetworkCardIndex": 0},
    "PrivateIpAddress": "10.0.0.5",
    "PrivateIpSets": {"PrivateIpSet": [
        {"PrivateIpAddress": "10.0.0.5", "Primary": true}, {"PrivateIpAddress": "10.0.0.6", "Primary": false}]},
    "Ipv6Sets": {"Ipv6Set": [{"Ipv6Address": "2001:db8::5"}]},
    "Ipv4PrefixSets": {"Ipv4PrefixSet": [{"Ipv4Prefix": "10.0.0.16/28"}]},
    "Ipv6PrefixSets": {"Ipv6PrefixSet": []},
    "SecurityGroupIds": {"SecurityGroupId": ["sg-1", "sg-2"]},
    "Tags": {"Tag": [{"TagKey": "creator", "TagValue": "terway"}, {"TagKey": "bare"}]},
    "ResourceGroupId": "", "NetworkInterfaceTrafficMode": "Standard", "Description": "d",
    "CreationTime": "2026-01-02T03:04:05Z", "QueueNumber": 2}"#;

const LEAST: &str = r#"{"NetworkInterfaceId": "eni-1", "Status": "Available", "Type": "",
    "MacAddress": "00:16:3e:00:00:01", "VSwitchId": "vsw-1",
    "PrivateIpSets": {"PrivateIpSet": []}, "Tags": {}, "Attachment": {}}"#;

#[test]
fn every_field_is_read() {
    let text = |text: &str| text.to_owned();
    let ip = |last, primary| PrivateIp { address: Ipv4Addr::new(10, 0, 0, last), primary };
    let interface: Interface = parse(MEMBER.as_bytes()).unwrap();
    assert_eq!(interface.primary_address(), Some(Ipv4Addr::new(10, 0, 0, 5)));
    assert_eq!(
        interface,
        Interface {
            id: text("eni-1"),
            status: Status::InUse,
            role: Role::Member,
            mac: text("00:16:3e:00:00:01"),
            v_switch: text("vsw-1"),
            vpc: Some(text("vpc-1")),
            zone: Some(text("cn-hangzhou-h")),
            instance: Some(text("i-1")),
            trunk: Some(text("eni-9")),
            device_index: Some(101),
            network_card: Some(0),
            addresses: vec![ip(5, true), ip(6, false)],
            ipv6: Some(vec!["2001:db8::5".parse().unwrap()]),
            ipv4_prefixes: Some(vec!["10.0.0.16/28".parse().unwrap()]),
            ipv6_prefixes: Some(Vec::new()),
            security_groups: Some(vec![text("sg-1"), text("sg-2")]),
            tags: Some(BTreeMap::from([
                (text("creator"), text("terway")),
                (text("bare"), text(""))
            ])),
            resource_group: None,
            traffic_mode: Some(TrafficMode::Standard),
            description: Some(text("d")),
            created: Some("2026-01-02T03:04:05Z".parse().unwrap()),
        }
    );
}

#[test]
fn what_the_answer_does_not_tell_stays_none() {
    let interface: Interface = parse(LEAST.as_bytes()).unwrap();
    assert_eq!((interface.role, interface.status), (Role::Secondary, Status::Available));
    let lists = (interface.ipv6, interface.ipv4_prefixes, interface.security_groups);
    assert_eq!(lists, (None, None, None));
    assert_eq!((interface.tags, interface.instance, interface.vpc), (None, None, None));
    assert_eq!((interface.device_index, interface.created), (None, None));
}

#[rstest]
#[case::id("NetworkInterfaceId", ".", "missing field `NetworkInterfaceId`")]
#[case::status("Status", ".", "missing field `Status`")]
#[case::role("Type", ".", "missing field `Type`")]
#[case::mac("MacAddress", ".", "missing field `MacAddress`")]
#[case::addresses("PrivateIpSets", ".", "missing field `PrivateIpSets`")]
fn a_needed_field_may_not_be_missing(#[case] field: &str, #[case] path: &str, #[case] words: &str) {
    let mut object: serde_json::Value = serde_json::from_str(LEAST).unwrap();
    object.as_object_mut().unwrap().remove(field);
    let error = parse::<Interface>(object.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.path().to_string(), path);
    assert!(error.inner().to_string().starts_with(words), "{error}");
}

#[rstest]
#[case(r#""DeviceIndex": 101"#, r#""DeviceIndex": "101""#, "Attachment.DeviceIndex")]
#[case(r#""10.0.0.6""#, r#""10.0.0.600""#, "PrivateIpSets.PrivateIpSet[1].PrivateIpAddress")]
#[case(r#""Primary": false"#, r#""Primary": 0"#, "PrivateIpSets.PrivateIpSet[1].Primary")]
#[case(r#""10.0.0.16/28""#, r#""10.0.0.16""#, "Ipv4PrefixSets.Ipv4PrefixSet[0].Ipv4Prefix")]
#[case(r#""2001:db8::5""#, r#""10.0.0.5""#, "Ipv6Sets.Ipv6Set[0].Ipv6Address")]
#[case(r#""2026-01-02T03:04:05Z""#, r#""yesterday""#, "CreationTime")]
#[case(r#"["sg-1", "sg-2"]"#, r#""sg-1""#, "SecurityGroupIds.SecurityGroupId")]
fn a_wrong_type_is_named_by_its_path(#[case] right: &str, #[case] wrong: &str, #[case] path: &str) {
    assert!(MEMBER.contains(right));
    let error = parse::<Interface>(MEMBER.replace(right, wrong).as_bytes()).unwrap_err();
    assert_eq!(error.path().to_string(), path, "{error}");
}

#[test]
fn a_word_that_nobody_knows_is_kept() {
    let odd = LEAST.replace("Available", "Linked").replace(r#""Type": """#, r#""Type": "Bond""#);
    let interface: Interface = parse(odd.as_bytes()).unwrap();
    assert_eq!(interface.status, Status::Other("Linked".to_owned()));
    assert_eq!(interface.role.to_string(), "Bond");
}
