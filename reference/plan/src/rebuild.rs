//! What an agent learns from the kernel about sandboxes that its books do not hold:
//! they were lost, or come from another day.
//!
//! A link that stands, says whose it is and has addresses routed to it is a sandbox
//! that runs. Against that no record counts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::kernel::{Rule, Scene, Select};
use model::{Addresses, Attachment, EniId, EniLink, Grant, PodRef};

use crate::{name, wire};

/// The table of an interface is this and the index of its link.
pub const TABLES: u32 = 1000;

/// A sandbox that runs, as the node's side shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Running {
    /// The sandbox and its interface.
    pub attachment: Attachment,
    /// Its pod; without a name where the link does not tell it.
    pub pod: PodRef,
    /// Path of its namespace; empty where the link does not tell it.
    pub netns: String,
    /// What the node routes to it.
    pub addresses: Addresses,
}

/// How the books must change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Grants that lack or say something else.
    pub add: Vec<Grant>,
    /// Sandboxes that hold what runs elsewhere.
    pub drop: Vec<Attachment>,
}

/// The sandboxes that run on a node, by names and aliases of its links and what else
/// its namespace holds.
pub fn running<'a>(links: impl Iterator<Item = (&'a str, &'a str)>, scene: &Scene) -> Vec<Running> {
    links
        .filter_map(|(link, alias)| {
            let (attachment, pod, netns) = name::told(link, alias)?;
            let addresses = routed(link, scene);
            (addresses != Addresses::default()).then_some(Running {
                attachment,
                pod,
                netns,
                addresses,
            })
        })
        .collect()
}

/// Compares the books with what runs. The interface of a new grant is not known yet;
/// the offer that carries its addresses will tell.
pub fn compare(books: &BTreeMap<Attachment, Grant>, running: Vec<Running>, now_ms: u64) -> Changes {
    let mut changes = Changes::default();
    let holder = |address: IpAddr| {
        let running = running.iter().find(|one| one.addresses.iter().any(|has| has == address));
        running.map(|running| &running.attachment)
    };
    for grant in books.values() {
        let others = |address| holder(address).is_some_and(|holder| *holder != grant.attachment);
        if grant.addresses.iter().any(others) {
            changes.drop.push(grant.attachment.clone());
        }
    }
    for sandbox in running {
        if books.get(&sandbox.attachment).is_some_and(|grant| grant.addresses == sandbox.addresses)
        {
            continue;
        }
        let Running { attachment, pod, netns, addresses } = sandbox;
        let eni = EniId(String::new());
        changes.add.push(Grant { attachment, pod, netns, eni, addresses, granted_ms: now_ms });
    }
    changes
}

/// The slot whose mark leads to a table, by the rules that stand.
pub fn slot(scene: &Scene, table: u32) -> Option<u16> {
    let mut slots = scene.rules.iter().filter(|rule| rule.table == table).filter_map(|rule| {
        let Select::Mark { value, mask: wire::MARK_MASK } = rule.select else { return None };
        (1..=4095).find(|slot| wire::mark(*slot) == value)
    });
    slots.next()
}

/// Rules of ours that lead elsewhere than an interface's own, or to where no link is
/// any more: they were made when it had another index or another slot.
pub fn stale(scene: &Scene, eni: &EniLink, indexes: &BTreeSet<u32>) -> Vec<Rule> {
    let dead = |rule: &Rule| {
        rule.table.checked_sub(TABLES).is_some_and(|index| index > 0 && !indexes.contains(&index))
    };
    let stale = |rule: &&Rule| match (rule.priority, rule.select, rule.suppress) {
        (wire::PRIORITY, Select::Mark { value, mask: wire::MARK_MASK }, None) => {
            dead(rule) || (value == wire::mark(eni.slot)) != (rule.table == eni.table())
        }
        (wire::PRIORITY, Select::All, Some(0))
        | (wire::UPSTREAM_FROM_CONTAINER, Select::From(_), None) => dead(rule),
        _ => false,
    };
    scene.rules.iter().filter(stale).cloned().collect()
}

/// One address of a family: a pod never has more.
fn routed(link: &str, scene: &Scene) -> Addresses {
    let mut addresses = Addresses::default();
    for route in scene.routes.iter().filter(|route| route.link == link && route.via.is_none()) {
        match (route.dst.addr(), route.dst.prefix_len()) {
            (IpAddr::V4(v4), 32) => addresses.v4 = Some(v4),
            (IpAddr::V6(v6), 128) => addresses.v6 = Some(v6),
            _ => {}
        }
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::kernel::{Family, Route};

    fn sandbox(container: &str) -> Attachment {
        Attachment { container: container.to_owned(), ifname: "eth0".to_owned() }
    }

    fn pod(name: &str) -> PodRef {
        PodRef { namespace: "default".to_owned(), name: name.to_owned(), uid: "u".to_owned() }
    }

    fn grant(container: &str, last: u8) -> Grant {
        Grant {
            attachment: sandbox(container),
            pod: pod("a"),
            netns: "/run/netns/a".to_owned(),
            eni: EniId(String::new()),
            addresses: Addresses { v4: Some([10, 0, 1, last].into()), v6: None },
            granted_ms: 7,
        }
    }

    fn runs(container: &str, last: u8) -> Running {
        let Grant { attachment, pod, netns, addresses, .. } = grant(container, last);
        Running { attachment, pod, netns, addresses }
    }

    fn books(grants: &[Grant]) -> BTreeMap<Attachment, Grant> {
        grants.iter().map(|grant| (grant.attachment.clone(), grant.clone())).collect()
    }

    #[test]
    fn links_that_say_whose_they_are_and_have_addresses_are_sandboxes() {
        let link = name::host_link(&sandbox("c1"));
        let alias = name::alias(&sandbox("c1"), &pod("a"), "/run/netns/a");
        let route = |table, dst: &str| Route {
            table,
            dst: dst.parse().unwrap(),
            via: None,
            link: link.clone(),
        };
        let routes = vec![route(1003, "10.0.1.5/32"), route(1007, "10.0.1.5/32")];
        let scene = Scene { routes, ..Scene::default() };
        let links = [(link.as_str(), alias.as_str()), ("eth0", ""), ("cali00000000000", &alias)];
        assert_eq!(running(links.into_iter(), &scene), [runs("c1", 5)]);
        assert_eq!(running(links.into_iter(), &Scene::default()), []);
    }

    #[test]
    fn lost_books_are_written_again() {
        let changes = compare(&books(&[]), vec![runs("c1", 5)], 7);
        assert_eq!(changes, Changes { add: vec![grant("c1", 5)], drop: Vec::new() });
    }

    #[test]
    fn books_that_agree_stay_and_so_do_sandboxes_without_a_link_yet() {
        let books = books(&[grant("c1", 5), grant("c2", 6)]);
        assert_eq!(compare(&books, vec![runs("c1", 5)], 9), Changes::default());
    }

    #[test]
    fn who_runs_holds_its_address_whatever_the_books_of_another_day_say() {
        let books = books(&[grant("old", 5), grant("c2", 6)]);
        let changes = compare(&books, vec![runs("c1", 5), runs("c2", 8)], 7);
        let add = vec![grant("c1", 5), grant("c2", 8)];
        assert_eq!(changes, Changes { add, drop: vec![sandbox("old")] });
    }

    fn rule(priority: u32, select: Select, table: u32) -> Rule {
        let suppress = (select == Select::All).then_some(0);
        Rule { family: Family::V4, priority, select, table, suppress }
    }

    fn marked(slot: u16) -> Select {
        Select::Mark { value: wire::mark(slot), mask: wire::MARK_MASK }
    }

    #[test]
    fn the_slot_of_a_table_is_told_by_the_rule_of_its_mark() {
        let scene = Scene { rules: vec![rule(512, marked(3), 1007)], ..Scene::default() };
        assert_eq!(slot(&scene, 1007), Some(3));
        assert_eq!(slot(&scene, 1003), None);
    }

    #[test]
    fn rules_of_another_index_or_slot_are_stale_and_those_of_others_are_not() {
        let from = Select::From("10.0.1.5/32".parse().unwrap());
        let stale_ones = [
            rule(512, marked(3), 1004),
            rule(512, marked(2), 1007),
            rule(512, marked(5), 1099),
            rule(512, Select::All, 1099),
            rule(2048, from, 1099),
        ];
        let others = [
            rule(512, marked(3), 1007),
            rule(512, marked(1), 1004),
            rule(512, Select::All, 1007),
            rule(2048, from, 1004),
            rule(100, marked(3), 1004),
            rule(512, from, 1099),
            rule(512, Select::All, 254),
        ];
        let eni = EniLink {
            id: "eni-1".into(),
            mac: model::Mac([0; 6]),
            index: 7,
            gateways: Vec::new(),
            slot: 3,
        };
        let rules = stale_ones.iter().chain(&others).cloned().collect();
        let scene = Scene { rules, ..Scene::default() };
        assert_eq!(stale(&scene, &eni, &[1, 4, 7].into()), stale_ones);
    }
}
