//! Growing and shrinking by turns, against a cloud that does as it is asked:
//! where a node's pool ends, and that it stays there.

use super::*;

/// An interface of any shape: families of unequal size, proposals under way.
/// Pods hold what pods can hold: addresses of both families or, where there is
/// one family only, of that.
fn any_eni(number: u8) -> impl Strategy<Value = (ManagedEni, BTreeSet<IpAddr>)> {
    let families = (1u8..=12, prop_oneof![Just(0u8), 0u8..=12]);
    let marks = proptest::collection::vec((any::<bool>(), 0u8..8, 0u8..8), 12);
    (families, marks, any::<[bool; 2]>()).prop_map(move |((v4, v6), marks, [open, ready])| {
        let mut made = eni(number, v4, IpStack::Ipv4);
        made.addresses.extend((1..=v6).map(|last| (address(number, last, false), VALID)));
        (made.open, made.ready) = (open, ready);
        let mut busy = BTreeSet::new();
        for (last, (taken, proposed4, proposed6)) in (1..).zip(marks) {
            let pair = [address(number, last, true), address(number, last, false)];
            if taken && (v6 == 0 || last <= v6) && last <= v4 {
                busy.extend(pair.into_iter().filter(|ip| made.addresses.contains_key(ip)));
                continue;
            }
            for (ip, _) in pair.into_iter().zip([proposed4, proposed6]).filter(|(_, p)| *p == 0) {
                made.addresses.entry(ip).and_modify(|state| *state = AddressState::Proposed(1));
            }
        }
        (made, busy)
    })
}

const VALID: AddressState = AddressState::Valid;

fn address(eni: u8, last: u8, v4: bool) -> IpAddr {
    if v4 {
        IpAddr::from([10, 0, eni, last])
    } else {
        IpAddr::from([0xfd00, 0, 0, eni.into(), 0, 0, 0, u16::from(last)])
    }
}

prop_compose! {
    fn any_node()(
        enis in (0u8..5).prop_flat_map(|n| (1..=n).map(any_eni).collect::<Vec<_>>()),
        dual in any::<bool>(),
        waiting in prop_oneof![Just(0u32), 0u32..40],
        most_enis in 0u32..6,
        per_eni in 1u32..=14,
    ) -> Inventory {
        let stack = if dual { IpStack::Dual } else { IpStack::Ipv4 };
        let (mut enis, busy): (Vec<_>, Vec<_>) = enis.into_iter().unzip();
        if !dual {
            for eni in &mut enis {
                eni.addresses.retain(|address, _| address.is_ipv4());
            }
        }
        let busy = busy.into_iter().flatten().collect();
        Inventory { enis, busy, waiting, stack, most_enis, per_eni, warmed_up: true }
    }
}

prop_compose! {
    fn any_bounds()(min in 0u32..12, spare in 0u32..12) -> PoolBounds { bounds(min, min + spare) }
}

/// Does what is asked, as the cloud does; a new interface is there at once.
fn obey(node: &mut Inventory, asks: &[Ask]) {
    for ask in asks {
        match ask {
            Ask::Assign { eni, v4, v6 } => {
                let there = node.enis.iter_mut().find(|there| there.id == *eni).unwrap();
                let number: u8 = eni.0.rsplit('-').next().unwrap().parse().unwrap();
                let fresh = |v4: bool| (13..).map(move |last| address(number, last, v4));
                for (family, count) in [(true, *v4), (false, *v6)] {
                    let unused = fresh(family).filter(|ip| !there.addresses.contains_key(ip));
                    let new: Vec<_> = unused.take(count as usize).collect();
                    there.addresses.extend(new.into_iter().map(|ip| (ip, VALID)));
                }
            }
            Ask::Create { seats } => {
                let number = u8::try_from(node.enis.len() + 100).unwrap();
                node.enis.push(eni(number, u8::try_from(*seats).unwrap(), node.stack));
            }
        }
    }
}

/// Unassigns what was proposed, now or before; an interface that goes whole is no more.
fn release(node: &mut Inventory, proposed: &[IpAddr]) {
    for eni in &mut node.enis {
        let primary = eni.primary;
        let earlier =
            |address: &IpAddr, state: &AddressState| *state != VALID && primary != Some(*address);
        eni.addresses.retain(|ip, state| !proposed.contains(ip) && !earlier(ip, state));
        eni.addresses.values_mut().for_each(|state| *state = VALID);
    }
    node.enis.retain(|eni| !eni.addresses.is_empty());
}

fn room(node: &Inventory, eni: &ManagedEni) -> u32 {
    node.per_eni.saturating_sub(seats_of(eni, node.stack))
}

proptest! {
    #[test]
    fn what_is_given_back_leaves_the_maximum_and_all_that_is_in_use(
        node in any_node(), bounds in any_bounds(),
    ) {
        let keep = bounds.max + node.waiting;
        let before = idle(&node);
        let proposed = shrink(&node, bounds);
        let mut matched = node.clone();
        for eni in &mut matched.enis {
            let lone = unmatched(eni, &node);
            eni.addresses.retain(|address, _| !lone.contains(address));
        }
        prop_assert_eq!(idle(&matched), before);
        let lone = proposed.iter().all(|ip| !matched.enis.iter().any(|e| e.addresses.contains_key(ip)));
        prop_assert!(lone || before > keep, "{} idle, {} kept", before, keep);
        let mut after = node.clone();
        for eni in &mut after.enis {
            let whole = eni.addresses.keys().all(|address| proposed.contains(address));
            for (address, state) in &mut eni.addresses {
                if proposed.contains(address) {
                    prop_assert_eq!(*state, VALID);
                    prop_assert!(!node.busy.contains(address));
                    prop_assert!(whole || eni.primary != Some(*address));
                    *state = AddressState::Proposed(2);
                }
            }
        }
        prop_assert!(idle(&after) >= keep.min(before), "{} of {before} left", idle(&after));
    }

    #[test]
    fn no_interface_is_made_while_another_has_room_and_no_more_is_asked_than_is_short(
        node in any_node(), bounds in any_bounds(),
    ) {
        let mut after = node.clone();
        let asks = grow(&node, bounds);
        obey(&mut after, &asks);
        if asks.iter().any(|ask| matches!(ask, Ask::Create { .. })) {
            let all = |eni: &ManagedEni| !eni.open || !eni.ready || room(&after, eni) == 0;
            prop_assert!(after.enis[..node.enis.len()].iter().all(all), "{:?}", asks);
        }
        let wanted = (node.waiting + bounds.min).max(idle(&node));
        prop_assert!(idle(&after) <= wanted, "{} idle, {wanted} wanted", idle(&after));
    }

    #[test]
    fn a_pool_settles_within_its_bounds_and_never_fetches_what_it_gave_back(
        node in any_node(), bounds in any_bounds(),
    ) {
        let mut node = node;
        let mut shrunk = false;
        for _ in 0..40 {
            let asks = grow(&node, bounds);
            prop_assert!(!shrunk || asks.is_empty(), "fetched again: {:?}", asks);
            obey(&mut node, &asks);
            node.enis.iter_mut().for_each(|eni| eni.ready = true);
            let proposed = shrink(&node, bounds);
            shrunk |= !proposed.is_empty();
            release(&mut node, &proposed);
        }
        prop_assert!(grow(&node, bounds).is_empty() && shrink(&node, bounds).is_empty());
        let idle = idle(&node);
        let full = node.enis.len() >= node.most_enis as usize
            && node.enis.iter().all(|eni| !eni.open || room(&node, eni) == 0);
        prop_assert!(full || idle >= bounds.min + node.waiting, "{idle} idle");
        // What an interface in use cannot give back: its primary address, and
        // what of one family has no match in the other.
        let stuck = node.enis.iter().filter(|eni| eni.open).count();
        prop_assert!(idle <= bounds.max + node.waiting + u32::try_from(stuck).unwrap());
    }
}

#[test]
fn the_half_of_a_pair_whose_other_half_went_goes_too() {
    let mut node = inventory(vec![eni(1, 4, IpStack::Dual)], IpStack::Dual);
    node.enis[0].addresses.remove(&address(1, 4, true));
    node.busy = [address(1, 1, true), address(1, 1, false)].into();
    assert_eq!(shrink(&node, bounds(2, 2)), [address(1, 2, false)]);
    // While more is wanted it gets its match instead.
    assert!(shrink(&node, bounds(3, 3)).is_empty());
    assert_eq!(grow(&node, bounds(3, 3)), [assign("eni-1", 1, 0)]);
    node.enis[0].addresses.insert(address(1, 3, true), AddressState::Proposed(1));
    assert!(shrink(&node, bounds(1, 2)).is_empty());
}

#[test]
fn a_shortage_over_one_batch_is_asked_of_the_interface_that_has_room() {
    let mut node = inventory(vec![eni(1, 1, IpStack::Ipv4)], IpStack::Ipv4);
    node.waiting = 26;
    let batches = [10, 10, 5].map(|v4| assign("eni-1", v4, 0));
    assert_eq!(grow(&node, bounds(0, 5)), batches);
}

#[test]
fn an_interface_with_more_than_the_limit_is_left_as_it_is() {
    let mut node = inventory(vec![eni(1, 9, IpStack::Ipv4)], IpStack::Ipv4);
    (node.per_eni, node.most_enis, node.waiting) = (5, 1, 20);
    assert_eq!(grow(&node, bounds(0, 5)), []);
}

#[test]
fn bounds_of_any_size_are_no_overflow() {
    let mut node = inventory(vec![eni(1, 9, IpStack::Ipv4)], IpStack::Ipv4);
    node.waiting = 1;
    assert!(shrink(&node, bounds(0, u32::MAX)).is_empty());
    (node.most_enis, node.per_eni) = (1, 10);
    assert_eq!(grow(&node, bounds(u32::MAX, u32::MAX)), [assign("eni-1", 1, 0)]);
}

#[test]
fn what_is_too_much_goes_from_interfaces_that_are_counted() {
    let mut node =
        inventory(vec![eni(1, 2, IpStack::Ipv4), eni(2, 3, IpStack::Ipv4)], IpStack::Ipv4);
    node.enis[0].open = false;
    assert_eq!(shrink(&node, bounds(0, 2)), [address(2, 2, true)]);
}

#[test]
fn a_pair_that_cannot_go_with_its_primary_address_is_not_taken_apart() {
    let mut node =
        inventory(vec![eni(1, 2, IpStack::Dual), eni(2, 3, IpStack::Dual)], IpStack::Dual);
    node.busy = [address(1, 2, true), address(1, 2, false)].into();
    node.busy.extend([address(2, 1, true), address(2, 1, false), address(2, 2, true)]);
    // One seat each: that of the first interface holds its primary address.
    let expected: BTreeSet<_> = [address(2, 3, true), address(2, 2, false)].into();
    assert_eq!(shrink(&node, bounds(0, 1)).into_iter().collect::<BTreeSet<_>>(), expected);
}
