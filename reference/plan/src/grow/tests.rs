use super::*;
use proptest::prelude::*;
use rstest::rstest;
use std::collections::{BTreeMap, BTreeSet};

mod settling;

fn eni(number: u8, seats: u8, stack: IpStack) -> ManagedEni {
    let v4 = |last| IpAddr::from([10, 0, number, last]);
    let v6 = |last: u8| IpAddr::from([0xfd00, 0, 0, number.into(), 0, 0, 0, u16::from(last)]);
    let mut addresses: BTreeMap<_, _> =
        (1..=seats).map(|last| (v4(last), AddressState::Valid)).collect();
    if stack == IpStack::Dual {
        addresses.extend((1..=seats).map(|last| (v6(last), AddressState::Valid)));
    }
    ManagedEni {
        id: EniId(format!("eni-{number}")),
        open: true,
        ready: true,
        dry: false,
        primary: Some(v4(1)),
        addresses,
    }
}

fn inventory(enis: Vec<ManagedEni>, stack: IpStack) -> Inventory {
    Inventory {
        enis,
        busy: BTreeSet::new(),
        waiting: 0,
        stack,
        most_enis: 7,
        per_eni: 30,
        warmed_up: true,
    }
}

fn bounds(min: u32, max: u32) -> PoolBounds {
    PoolBounds { min, max, warm_up: 0 }
}

fn assign(eni: &str, v4: u32, v6: u32) -> Ask {
    Ask::Assign { eni: eni.into(), v4, v6 }
}

#[test]
fn an_idle_node_without_minimum_asks_for_nothing() {
    assert_eq!(grow(&inventory(vec![], IpStack::Ipv4), bounds(0, 5)), []);
}

#[test]
fn waiting_sandboxes_and_the_minimum_add_up() {
    let mut node = inventory(vec![eni(1, 3, IpStack::Ipv4)], IpStack::Ipv4);
    node.waiting = 4;
    assert_eq!(grow(&node, bounds(2, 5)), [assign("eni-1", 3, 0)]);
}

#[test]
fn an_interface_whose_vswitch_ran_out_leaves_growth_to_another() {
    let mut node = inventory(vec![eni(1, 3, IpStack::Ipv4)], IpStack::Ipv4);
    (node.waiting, node.enis[0].dry) = (5, true);
    assert_eq!(grow(&node, bounds(0, 5)), [Ask::Create { seats: 2 }]);
    node.enis.push(eni(2, 1, IpStack::Ipv4));
    assert_eq!(grow(&node, bounds(0, 5)), [assign("eni-2", 1, 0)]);
    node.most_enis = 1;
    node.enis.pop();
    assert_eq!(grow(&node, bounds(0, 5)), [assign("eni-1", 2, 0)], "nothing else can help");
}

#[test]
fn dual_stack_asks_for_both_families_and_evens_them_out() {
    let mut node = inventory(vec![eni(1, 2, IpStack::Dual)], IpStack::Dual);
    node.enis[0].addresses.remove(&IpAddr::from([0xfd00, 0, 0, 1, 0, 0, 0, 2]));
    node.waiting = 3;
    // One whole seat is there; two more need two IPv6 and one IPv4 address.
    assert_eq!(grow(&node, bounds(0, 5)), [assign("eni-1", 1, 2)]);
}

#[test]
fn a_full_interface_leads_to_a_new_one_and_a_full_node_to_nothing() {
    let mut node = inventory(vec![eni(1, 30, IpStack::Ipv4)], IpStack::Ipv4);
    node.busy = node.enis[0].addresses.keys().copied().collect();
    node.waiting = 35;
    assert_eq!(grow(&node, bounds(0, 5)), [Ask::Create { seats: 10 }, Ask::Create { seats: 5 }]);
    node.most_enis = 1;
    assert_eq!(grow(&node, bounds(0, 5)), []);
}

#[test]
fn an_interface_on_its_way_takes_up_what_it_will_have_room_for() {
    let mut node = inventory(vec![eni(1, 10, IpStack::Ipv4)], IpStack::Ipv4);
    node.enis[0].ready = false;
    node.waiting = 25;
    assert_eq!(grow(&node, bounds(0, 5)), []);
    node.waiting = 35;
    assert_eq!(grow(&node, bounds(0, 5)), [Ask::Create { seats: 5 }]);
}

#[test]
fn resting_addresses_are_not_idle() {
    let mut node = inventory(vec![eni(1, 3, IpStack::Ipv4)], IpStack::Ipv4);
    node.busy = node.enis[0].addresses.keys().copied().collect();
    node.waiting = 1;
    assert_eq!(grow(&node, bounds(0, 5)), [assign("eni-1", 1, 0)]);
}

#[test]
fn the_first_fetch_happens_once() {
    let mut node = inventory(vec![eni(1, 2, IpStack::Ipv4)], IpStack::Ipv4);
    node.warmed_up = false;
    let bounds = PoolBounds { min: 0, max: 5, warm_up: 6 };
    assert_eq!(grow(&node, bounds), [assign("eni-1", 4, 0)]);
    node.warmed_up = true;
    assert_eq!(grow(&node, bounds), []);
}

#[rstest]
#[case::within(5, 5, 0)]
#[case::two_over(7, 5, 2)]
fn single_addresses_above_the_maximum_are_proposed(
    #[case] seats: u8,
    #[case] max: u32,
    #[case] expected: usize,
) {
    let mut node = inventory(vec![eni(1, seats + 1, IpStack::Ipv4)], IpStack::Ipv4);
    node.busy = BTreeSet::from([IpAddr::from([10, 0, 1, 2])]);
    let proposed = shrink(&node, bounds(0, max));
    assert_eq!(proposed.len(), expected);
    assert!(!proposed.contains(&IpAddr::from([10, 0, 1, 1])), "the primary address stays");
}

#[test]
fn a_whole_idle_interface_goes_with_its_primary_address() {
    let node = inventory(vec![eni(1, 3, IpStack::Dual), eni(2, 5, IpStack::Dual)], IpStack::Dual);
    let proposed: BTreeSet<_> = shrink(&node, bounds(0, 5)).into_iter().collect();
    assert_eq!(proposed, node.enis[0].addresses.keys().copied().collect());
}

proptest! {
    #[test]
    fn asks_stay_within_the_quota_and_growing_never_leads_to_shrinking(
        sizes in proptest::collection::vec(1u8..=30, 0..7),
        taken in 0usize..200,
        waiting in 0u32..300,
        min in 0u32..50,
        spare in 0u32..50,
        dual in any::<bool>(),
    ) {
        let stack = if dual { IpStack::Dual } else { IpStack::Ipv4 };
        let enis = sizes.iter().zip(1..).map(|(size, number)| eni(number, *size, stack)).collect();
        let mut node = inventory(enis, stack);
        node.waiting = waiting;
        let all: Vec<_> = node.enis.iter().flat_map(|eni| eni.addresses.keys()).copied().collect();
        node.busy = all.into_iter().take(taken).collect();
        let bounds = bounds(min, min + spare);

        let asks = grow(&node, bounds);
        if !asks.is_empty() {
            prop_assert!(shrink(&node, bounds).is_empty());
        }
        let mut created = 0;
        for ask in &asks {
            match ask {
                Ask::Create { seats } => {
                    prop_assert!(*seats >= 1 && *seats <= BATCH);
                    created += 1;
                }
                Ask::Assign { eni, v4, v6 } => {
                    let there = node.enis.iter().find(|there| there.id == *eni).unwrap();
                    prop_assert!(there.count(true) + v4 <= node.per_eni);
                    prop_assert!(there.count(false) + v6 <= node.per_eni);
                    prop_assert!(*v4 <= BATCH && *v6 <= BATCH);
                }
            }
        }
        prop_assert!(node.enis.len() + created <= 7);
        let busy = node.busy.clone();
        prop_assert!(shrink(&node, bounds).iter().all(|address| !busy.contains(address)));
    }
}
