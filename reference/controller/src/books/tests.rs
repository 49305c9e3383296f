use super::*;
use api::node::IN_USE;
use api::node_runtime::{AddressUse, ReleaseAnswer};
use cloud::PrivateIp;

pub(super) fn described(status: Status, last: &[u8]) -> Interface {
    let addresses = last
        .iter()
        .enumerate()
        .map(|(number, last)| PrivateIp { address: [10, 0, 1, *last].into(), primary: number == 0 })
        .collect();
    Interface {
        id: "eni-1".to_owned(),
        status,
        role: Role::Secondary,
        mac: "00:16:3e:00:00:01".to_owned(),
        v_switch: "vsw-1".to_owned(),
        vpc: None,
        zone: None,
        instance: None,
        trunk: None,
        device_index: None,
        network_card: None,
        addresses,
        ipv6: None,
        ipv4_prefixes: None,
        ipv6_prefixes: None,
        security_groups: None,
        tags: None,
        resource_group: None,
        traffic_mode: None,
        description: None,
        created: None,
    }
}

/// Interface and addresses in the books; their number is 1, so that of the first proposal 2.
fn entered(last: &[u8]) -> NodeStatus {
    let mut status = NodeStatus::default();
    enter(&mut status, &described(Status::InUse, last), &NodeRuntimeStatus::default(), blocks());
    status
}

fn blocks() -> [String; 2] {
    ["10.0.1.0/24".to_owned(), String::new()]
}

fn ip(last: u8) -> IpAddr {
    [10, 0, 1, last].into()
}

fn answers(answers: &[(u8, u64, bool)]) -> NodeRuntimeStatus {
    let releases = answers.iter().map(|(last, generation, released)| {
        (ip(*last).to_string(), ReleaseAnswer { generation: *generation, released: *released })
    });
    NodeRuntimeStatus { releases: releases.collect(), ..NodeRuntimeStatus::default() }
}

fn states(status: &NodeStatus) -> Vec<(String, String)> {
    let nic = &status.network_interfaces["eni-1"];
    entries(nic).map(|entry| (entry.ip.clone(), entry.status.clone())).collect()
}

fn take(status: &mut NodeStatus, runtime: &NodeRuntimeStatus) -> Settled {
    let generation = &mut status.release_generation;
    take_answers(status.network_interfaces.get_mut("eni-1").unwrap(), generation, runtime)
}

#[test]
fn an_address_that_the_cloud_lost_stays_invalid_only_while_a_pod_holds_it() {
    let mut status = entered(&[5, 6, 7]);
    let used = AddressUse { state: "granted".to_owned(), ..AddressUse::default() };
    let runtime = NodeRuntimeStatus {
        addresses: BTreeMap::from([(ip(6).to_string(), used)]),
        ..NodeRuntimeStatus::default()
    };
    enter(&mut status, &described(Status::InUse, &[5]), &runtime, blocks());
    let expected = [("10.0.1.5", VALID), ("10.0.1.6", INVALID)];
    assert_eq!(states(&status), expected.map(|(ip, s)| (ip.to_owned(), s.to_owned())));
}

#[test]
fn a_proposal_survives_a_comparison_with_the_cloud() {
    let mut status = entered(&[5, 6]);
    propose(&mut status, &[ip(6)]);
    enter(&mut status, &described(Status::InUse, &[5, 6]), &NodeRuntimeStatus::default(), blocks());
    assert_eq!(states(&status)[1].1, DELETING);
    assert_eq!(status.network_interfaces["eni-1"].ipv4["10.0.1.6"].generation, Some(2));
}

#[test]
fn an_unattached_interface_is_on_its_way_in_unless_it_was_on_its_way_out() {
    let mut status = NodeStatus::default();
    let runtime = NodeRuntimeStatus::default();
    enter(&mut status, &described(Status::Available, &[5]), &runtime, blocks());
    assert_eq!(status.network_interfaces["eni-1"].status, ATTACHING);
    DETACHING.clone_into(&mut status.network_interfaces.get_mut("eni-1").unwrap().status);
    enter(&mut status, &described(Status::Available, &[5]), &runtime, blocks());
    assert_eq!(status.network_interfaces["eni-1"].status, DETACHING);
    enter(&mut status, &described(Status::InUse, &[5]), &runtime, blocks());
    assert_eq!(status.network_interfaces["eni-1"].status, IN_USE);
}

#[test]
fn nothing_is_settled_before_every_proposal_is_answered() {
    let mut status = entered(&[5, 6, 7]);
    propose(&mut status, &[ip(6), ip(7)]);
    assert_eq!(take(&mut status, &answers(&[(6, 2, true)])), Settled::default());
    assert_eq!(take(&mut status, &answers(&[(6, 2, true), (7, 1, true)])), Settled::default());
}

#[test]
fn what_was_given_up_goes_and_what_was_denied_stays() {
    let mut status = entered(&[5, 6, 7]);
    propose(&mut status, &[ip(6), ip(7)]);
    let settled = take(&mut status, &answers(&[(6, 2, true), (7, 2, false)]));
    assert_eq!(settled, Settled { whole: false, unassign: vec![ip(6)] });
    let nic = &status.network_interfaces["eni-1"];
    assert_eq!(
        (nic.ipv4["10.0.1.7"].status.as_str(), nic.ipv4["10.0.1.7"].generation),
        (VALID, Some(3))
    );
}

#[test]
fn an_address_that_is_assigned_again_has_a_number_above_that_of_its_proposal() {
    let mut status = entered(&[5, 6]);
    propose(&mut status, &[ip(6)]);
    let settled = take(&mut status, &answers(&[(6, 2, true)]));
    strike(status.network_interfaces.get_mut("eni-1").unwrap(), &settled.unassign);
    welcome(&mut status, "eni-1", &[ip(6)]);
    let entry = &status.network_interfaces["eni-1"].ipv4["10.0.1.6"];
    assert_eq!((entry.status.as_str(), entry.generation), (VALID, Some(4)));
}

#[test]
fn an_address_belongs_to_the_interface_that_the_cloud_named_last() {
    let mut status = entered(&[5, 6]);
    let other = Interface { id: "eni-2".to_owned(), ..described(Status::InUse, &[7]) };
    enter(&mut status, &other, &NodeRuntimeStatus::default(), blocks());
    welcome(&mut status, "eni-2", &[ip(6)]);
    assert_eq!(status.network_interfaces["eni-1"].ipv4["10.0.1.6"].status, INVALID);
    assert_eq!(status.network_interfaces["eni-2"].ipv4["10.0.1.6"].status, VALID);
}

#[test]
fn an_interface_goes_as_a_whole_or_keeps_its_primary_address() {
    let mut status = entered(&[5, 6]);
    propose(&mut status, &[ip(5), ip(6)]);
    let mut kept = status.clone();
    let all = answers(&[(5, 2, true), (6, 2, true)]);
    assert!(take(&mut status, &all).whole);

    let part = answers(&[(5, 2, true), (6, 2, false)]);
    assert_eq!(take(&mut kept, &part), Settled::default());
    assert!(states(&kept).iter().all(|(_, state)| state == VALID));
}

#[test]
fn interfaces_on_their_way_out_do_not_count() {
    let mut status = entered(&[5, 6]);
    assert_eq!(managed(&status).len(), 1);
    DETACHING.clone_into(&mut status.network_interfaces.get_mut("eni-1").unwrap().status);
    assert!(managed(&status).is_empty());
}

#[test]
fn only_secondary_interfaces_that_pass_the_filter_are_ours() {
    let tagged = |role: Role, tags: &[(&str, &str)]| Interface {
        role,
        tags: Some(tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()),
        ..described(Status::InUse, &[5])
    };
    let spec = EniSpec {
        tag_filter: BTreeMap::from([("use".to_owned(), "pods".to_owned())]),
        ..EniSpec::default()
    };
    assert!(ours(&tagged(Role::Secondary, &[("use", "pods")]), &spec));
    assert!(!ours(&tagged(Role::Secondary, &[]), &spec));
    assert!(!ours(&tagged(Role::Primary, &[("use", "pods")]), &spec));
}
