use super::*;
use model::EniLink;

fn attachment(container: &str) -> Attachment {
    Attachment { container: container.to_owned(), ifname: "eth0".to_owned() }
}

fn eni(id: &str, leases: &[(&str, Lease)]) -> (EniId, PoolEni) {
    let link =
        EniLink { id: id.into(), mac: model::Mac([0; 6]), index: 3, gateways: Vec::new(), slot: 1 };
    let leases: BTreeMap<_, _> =
        leases.iter().map(|(a, lease)| (a.parse().unwrap(), lease.clone())).collect();
    (id.into(), PoolEni { link, open: true, leases })
}

fn pool(enis: impl IntoIterator<Item = (EniId, PoolEni)>) -> Pool {
    Pool { enis: enis.into_iter().collect() }
}

const FRESH: Lease = Lease::Free { since_ms: 0 };

#[test]
fn the_fullest_interface_serves_first_and_its_longest_free_address() {
    let pool = pool([
        eni("eni-1", &[("10.0.1.1", FRESH), ("10.0.1.2", FRESH)]),
        eni(
            "eni-2",
            &[
                ("10.0.2.1", Lease::Granted(attachment("a"))),
                ("10.0.2.2", Lease::Free { since_ms: 9 }),
                ("10.0.2.3", Lease::Free { since_ms: 5 }),
            ],
        ),
    ]);
    let (eni, addresses) = choose(&pool, IpStack::Ipv4).unwrap();
    assert_eq!((eni.0.as_str(), addresses.v4), ("eni-2", Some([10, 0, 2, 3].into())));
    assert_eq!(addresses.v6, None);
}

#[test]
fn both_families_come_from_one_interface_or_none_is_given() {
    let split = pool([eni("eni-1", &[("10.0.1.1", FRESH)]), eni("eni-2", &[("fd00::1", FRESH)])]);
    assert_eq!(choose(&split, IpStack::Dual), Err(Exhausted::Ipv6));
    let whole = pool([eni("eni-1", &[("10.0.1.1", FRESH), ("fd00::1", FRESH)])]);
    let (_, addresses) = choose(&whole, IpStack::Dual).unwrap();
    assert_eq!(addresses.iter().count(), 2);
}

#[test]
fn closed_interfaces_and_resting_addresses_are_passed_over() {
    let (id, mut closed) = eni("eni-1", &[("10.0.1.1", FRESH)]);
    closed.open = false;
    let pool = pool([(id, closed), eni("eni-2", &[("10.0.2.1", Lease::Resting { until_ms: 9 })])]);
    assert_eq!(choose(&pool, IpStack::Ipv4), Err(Exhausted::AllTaken { granted: 0, resting: 1 }));
}

#[test]
fn an_address_rests_before_it_is_free_again() {
    let mut pool = pool([eni("eni-1", &[("10.0.1.1", Lease::Granted(attachment("a")))])]);
    let (_, addresses) = held(&pool, &attachment("a")).unwrap();
    set(&mut pool, addresses, &Lease::Resting { until_ms: 130 });
    assert_eq!(next_wake(&pool), Some(130));
    wake(&mut pool, 129);
    assert!(choose(&pool, IpStack::Ipv4).is_err());
    wake(&mut pool, 130);
    assert!(choose(&pool, IpStack::Ipv4).is_ok());
    assert_eq!(held(&pool, &attachment("a")), None);
}

#[test]
fn an_address_that_two_interfaces_are_said_to_carry_has_one_owner() {
    let mut pool =
        pool([eni("eni-1", &[("10.0.1.1", FRESH)]), eni("eni-2", &[("10.0.1.1", FRESH)])]);
    let (_, addresses) = choose(&pool, IpStack::Ipv4).unwrap();
    set(&mut pool, addresses, &Lease::Granted(attachment("a")));
    assert!(choose(&pool, IpStack::Ipv4).is_err());
    set(&mut pool, addresses, &Lease::Resting { until_ms: 5 });
    assert_eq!(pool.count(|_, lease| matches!(lease, Lease::Resting { .. })), 2);
}

#[test]
fn only_idle_addresses_can_leave() {
    let pool = pool([eni(
        "eni-1",
        &[
            ("10.0.1.1", FRESH),
            ("10.0.1.2", Lease::Granted(attachment("a"))),
            ("10.0.1.3", Lease::Resting { until_ms: 5 }),
            ("10.0.1.4", Lease::Leaving { generation: 1 }),
        ],
    )]);
    let can: Vec<_> =
        (1..=5).map(|last| can_leave(&pool, IpAddr::from([10, 0, 1, last]))).collect();
    assert_eq!(can, [true, false, false, true, true]);
}

fn offered(id: &str, addresses: &[(&str, Offer)]) -> OfferedEni {
    let (_, eni) = eni(id, &[]);
    OfferedEni {
        link: eni.link,
        open: true,
        addresses: addresses.iter().map(|(a, offer)| (a.parse().unwrap(), *offer)).collect(),
    }
}

const NEVER_WANTED: Offer = Offer::Valid { generation: 0 };

fn take(pool: &mut Pool, offer: Vec<OfferedEni>) -> Answers {
    take_offer(pool, offer, |_| FRESH)
}

fn numbered(addresses: &[&str], generation: u64) -> BTreeMap<IpAddr, u64> {
    addresses.iter().map(|address| (address.parse().unwrap(), generation)).collect()
}

#[test]
fn a_wanted_address_is_given_up_only_when_nobody_holds_it_or_may_still_be_sent_to() {
    let mut pool = pool([eni(
        "eni-1",
        &[
            ("10.0.1.1", FRESH),
            ("10.0.1.2", Lease::Granted(attachment("a"))),
            ("10.0.1.3", Lease::Resting { until_ms: 5 }),
        ],
    )]);
    let wanted = Offer::Wanted { generation: 7 };
    let all = ["10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4"].map(|a| (a, wanted));
    let answers = take(&mut pool, vec![offered("eni-1", &all)]);
    assert_eq!(answers.released, numbered(&["10.0.1.1", "10.0.1.4"], 7));
    assert_eq!(answers.denied, numbered(&["10.0.1.2", "10.0.1.3"], 7));
    assert!(choose(&pool, IpStack::Ipv4).is_err());
}

#[test]
fn an_address_given_up_comes_back_only_by_a_younger_offer() {
    let mut pool = pool([eni("eni-1", &[("10.0.1.1", Lease::Leaving { generation: 7 })])]);
    for (generation, free) in [(0, false), (7, false), (8, true)] {
        take(&mut pool, vec![offered("eni-1", &[("10.0.1.1", Offer::Valid { generation })])]);
        assert_eq!(choose(&pool, IpStack::Ipv4).is_ok(), free, "generation {generation}");
    }
}

#[test]
fn an_interface_that_is_gone_stays_closed_while_a_pod_is_on_it() {
    let mut pool = pool([
        eni("eni-1", &[("10.0.1.1", Lease::Granted(attachment("a"))), ("10.0.1.2", FRESH)]),
        eni("eni-2", &[("10.0.2.1", FRESH)]),
    ]);
    take(&mut pool, vec![offered("eni-3", &[("10.0.3.1", NEVER_WANTED)])]);
    let left: Vec<_> = pool.enis.iter().map(|(id, eni)| (id.0.as_str(), eni.open)).collect();
    assert_eq!(left, [("eni-1", false), ("eni-3", true)]);
    assert_eq!(pool.enis[&EniId::from("eni-1")].leases.len(), 1);
}

#[test]
fn an_address_that_the_cloud_lost_stays_with_its_pod_and_with_nobody_else() {
    let mut pool =
        pool([eni("eni-1", &[("10.0.1.1", Lease::Granted(attachment("a"))), ("10.0.1.2", FRESH)])]);
    let gone = ["10.0.1.1", "10.0.1.2"].map(|a| (a, Offer::Gone));
    take(&mut pool, vec![offered("eni-1", &gone)]);
    assert!(held(&pool, &attachment("a")).is_some());
    assert_eq!(pool.lease("10.0.1.2".parse().unwrap()), None);
}

#[test]
fn what_a_journal_knows_of_a_new_address_counts() {
    let mut pool = Pool::default();
    let resting = Lease::Resting { until_ms: 9 };
    take_offer(&mut pool, vec![offered("eni-1", &[("10.0.1.1", NEVER_WANTED)])], |_| {
        resting.clone()
    });
    assert!(choose(&pool, IpStack::Ipv4).is_err());
}
