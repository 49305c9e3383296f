use super::*;
use crate::journal::Opened;
use model::Mac;
use model::pool::Offer;
use plan::rebuild::{Changes, Running};

fn open(folder: &tempfile::TempDir) -> Holdings {
    let opened = Journal::open(&folder.path().join("journal")).unwrap();
    let Opened { journal, mut memory, .. } = opened;
    Holdings::recall(journal, &mut memory)
}

fn offer(addresses: &[(u8, Offer)]) -> Vec<OfferedEni> {
    let link =
        EniLink { id: "eni-1".into(), mac: Mac([0; 6]), index: 3, gateways: Vec::new(), slot: 1 };
    let addresses =
        addresses.iter().map(|(last, offer)| (IpAddr::from([10, 0, 1, *last]), *offer)).collect();
    vec![OfferedEni { link, open: true, addresses }]
}

const VALID: Offer = Offer::Valid { generation: 0 };

fn wish(container: &str, pod: &str, uid: &str) -> Wish {
    Wish {
        attachment: Attachment { container: container.to_owned(), ifname: "eth0".to_owned() },
        pod: PodRef { namespace: "default".to_owned(), name: pod.to_owned(), uid: uid.to_owned() },
        netns: "/run/netns/x".to_owned(),
        stack: IpStack::Ipv4,
        now_ms: 0,
    }
}

#[test]
fn a_retried_add_keeps_its_address_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = {
        let holdings = open(&folder);
        holdings.take_offer(offer(&[(5, VALID), (6, VALID)]), Extent::Whole, 0).unwrap();
        holdings.grant(&wish("c1", "a", "u1")).unwrap()
    };
    let holdings = open(&folder);
    assert_eq!(holdings.grant(&wish("c1", "a", "u1")).unwrap(), first);
    holdings.take_offer(offer(&[(5, VALID), (6, VALID)]), Extent::Whole, 0).unwrap();
    let other = holdings.grant(&wish("c2", "b", "u2")).unwrap();
    assert_ne!(other.addresses, first.addresses);
}

#[test]
fn a_sandbox_is_never_handed_to_another_pod() {
    let folder = tempfile::tempdir().unwrap();
    let holdings = open(&folder);
    holdings.take_offer(offer(&[(5, VALID), (6, VALID)]), Extent::Whole, 0).unwrap();
    holdings.grant(&wish("c1", "a", "u1")).unwrap();
    for stranger in [wish("c1", "b", ""), wish("c1", "a", "u2")] {
        let error = holdings.grant(&stranger).unwrap_err();
        assert!(matches!(error, GrantError::OtherPod { .. }), "{error}");
    }
}

#[test]
fn a_released_address_rests_through_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    {
        let holdings = open(&folder);
        holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 0).unwrap();
        let granted = holdings.grant(&wish("c1", "a", "")).unwrap();
        holdings.write_release(&granted, 130).unwrap();
        holdings.release(&granted.attachment, 130);
    }
    let holdings = open(&folder);
    holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 10).unwrap();
    let early = holdings.grant(&wish("c2", "b", "")).unwrap_err();
    assert!(matches!(early, GrantError::Exhausted(Exhausted::AllTaken { granted: 0, resting: 1 })));
    assert_eq!(holdings.wake(10), Some(130));
    let late = Wish { now_ms: 130, ..wish("c2", "b", "") };
    holdings.grant(&late).unwrap();
}

#[test]
fn an_address_whose_release_is_written_is_nobody_elses_before_the_kernel_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let granted = {
        let holdings = open(&folder);
        holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 0).unwrap();
        let granted = holdings.grant(&wish("c1", "a", "")).unwrap();
        holdings.write_release(&granted, 0).unwrap();
        holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 10).unwrap();
        let late = Wish { now_ms: 10, ..wish("c2", "b", "") };
        assert!(matches!(holdings.grant(&late), Err(GrantError::Exhausted(_))));
        // The kernel refused.
        holdings.write_again(&granted).unwrap();
        granted
    };
    let holdings = open(&folder);
    assert_eq!(holdings.find(&granted.attachment), Some(granted));
}

#[test]
fn an_address_given_up_stays_given_up_through_a_restart_and_an_old_view() {
    let folder = tempfile::tempdir().unwrap();
    {
        let holdings = open(&folder);
        holdings
            .take_offer(offer(&[(5, Offer::Wanted { generation: 2 })]), Extent::Whole, 0)
            .unwrap();
    }
    let holdings = open(&folder);
    holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 0).unwrap();
    assert!(holdings.grant(&wish("c1", "a", "")).is_err(), "an old view must not free it");
    holdings.take_offer(offer(&[(5, Offer::Valid { generation: 3 })]), Extent::Whole, 0).unwrap();
    holdings.grant(&wish("c1", "a", "")).unwrap();
}

#[test]
fn slots_are_stable_and_reused_only_after_their_interface_left() {
    let folder = tempfile::tempdir().unwrap();
    let holdings = open(&folder);
    assert_eq!(holdings.slot(&"eni-1".into(), None).unwrap(), 1);
    assert_eq!(holdings.slot(&"eni-2".into(), None).unwrap(), 2);
    holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 0).unwrap();
    holdings.forget_slots().unwrap();
    assert_eq!(holdings.slot(&"eni-1".into(), None).unwrap(), 1);
    assert_eq!(holdings.slot(&"eni-3".into(), None).unwrap(), 2);
}

#[test]
fn waiting_sandboxes_are_counted_while_they_wait() {
    let folder = tempfile::tempdir().unwrap();
    let holdings = open(&folder);
    let first = holdings.wait();
    let second = holdings.wait();
    assert_eq!(holdings.view().waiting, 2);
    drop(first);
    drop(second);
    assert_eq!(holdings.view().waiting, 0);
}

#[test]
fn an_address_rests_on_while_its_interface_is_away() {
    let folder = tempfile::tempdir().unwrap();
    {
        let holdings = open(&folder);
        holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 0).unwrap();
        let granted = holdings.grant(&wish("c1", "a", "")).unwrap();
        holdings.write_release(&granted, 130).unwrap();
        holdings.release(&granted.attachment, 130);
    }
    for extent in [Extent::Part, Extent::Whole] {
        let holdings = open(&folder);
        holdings.take_offer(Vec::new(), extent, 10).unwrap();
        holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 20).unwrap();
        holdings.grant(&wish("c2", "b", "")).unwrap_err();
    }
}

#[test]
fn what_was_given_up_stays_so_while_its_interface_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    {
        let holdings = open(&folder);
        let wanted = Offer::Wanted { generation: 2 };
        holdings.take_offer(offer(&[(5, wanted)]), Extent::Whole, 0).unwrap();
    }
    let holdings = open(&folder);
    holdings.take_offer(Vec::new(), Extent::Part, 0).unwrap();
    holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 0).unwrap();
    holdings.grant(&wish("c1", "a", "")).unwrap_err();
}

#[test]
fn who_runs_keeps_its_address_and_its_interface_is_found_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let running = || {
        let Wish { attachment, pod, netns, .. } = wish("c1", "a", "u1");
        let addresses = model::Addresses { v4: Some([10, 0, 1, 5].into()), v6: None };
        vec![Running { attachment, pod, netns, addresses }]
    };
    let holdings = open(&folder);
    assert_eq!(holdings.take_up(running(), 3).unwrap().add.len(), 1);
    holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 4).unwrap();
    holdings.grant(&wish("c2", "b", "u2")).unwrap_err();
    let grant = holdings.grant(&wish("c1", "a", "u1")).unwrap();
    assert_eq!((grant.eni, grant.granted_ms), ("eni-1".into(), 3));
    assert_eq!(holdings.take_up(running(), 5).unwrap(), Changes::default());
    drop(holdings);
    assert_eq!(open(&folder).find(&wish("c1", "a", "").attachment).unwrap().eni, "eni-1".into());
}

#[test]
fn what_the_api_was_told_to_rest_rests_unless_it_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let holdings = open(&folder);
    let told = [(IpAddr::from([10, 0, 1, 5]), Lease::Resting { until_ms: 50 })];
    holdings.take_told(told.into()).unwrap();
    holdings.take_offer(offer(&[(5, VALID)]), Extent::Whole, 10).unwrap();
    holdings.grant(&wish("c1", "a", "")).unwrap_err();
    holdings.grant(&Wish { now_ms: 50, ..wish("c1", "a", "") }).unwrap();
}

#[test]
fn a_slot_that_the_kernel_shows_is_taken_if_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let holdings = open(&folder);
    assert_eq!(holdings.slot(&"eni-1".into(), Some(3)).unwrap(), 3);
    assert_eq!(holdings.slot(&"eni-2".into(), Some(3)).unwrap(), 1);
}
