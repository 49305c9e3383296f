use super::*;
use facts::cni::CniCall;
use facts::{Evidence, Fact, Judgement};
use serde_json::json;

use crate::judge;

fn eni(id: &str, kind: &str, instance: Option<&str>, ipv4: &[&str]) -> CloudEni {
    CloudEni {
        id: id.to_owned(),
        kind: kind.to_owned(),
        state: "InUse".to_owned(),
        mac: format!("00:16:3e:00:00:{:02x}", id.len()),
        instance: instance.map(str::to_owned),
        ipv4: ipv4.iter().map(|address| (*address).to_owned()).collect(),
        ..CloudEni::default()
    }
}

fn inventory(enis: Vec<CloudEni>) -> Fact {
    Fact::Inventory(CloudInventory { enis, ..CloudInventory::default() })
}

fn added(address: &str) -> Fact {
    let result = json!({"cniVersion": "1.0.0", "ips": [{"address": format!("{address}/32")}]});
    Fact::Cni(CniCall {
        plugin: "p".to_owned(),
        node: "n1".to_owned(),
        env: [("CNI_COMMAND".to_owned(), "ADD".to_owned())].into(),
        stdin: json!({"cniVersion": "1.0.0"}).to_string(),
        exit: Some(0),
        stdout: result.to_string(),
        stderr: String::new(),
        millis: 1,
    })
}

fn evidence(facts: &[(&str, Fact)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (name, fact) in facts {
        evidence.put(*name, fact.clone());
    }
    evidence
}

fn on_secondary_enis(together: usize) -> Claim {
    Claim::OnSecondaryEnis {
        inventory: "now".to_owned(),
        calls: vec!["a".to_owned(), "b".to_owned()],
        instance: "i-1".to_owned(),
        together,
    }
}

#[test]
fn pods_share_a_secondary_interface_of_their_node() {
    let pods = [("a", added("10.0.1.5")), ("b", added("10.0.1.6"))];
    let with = |enis: Vec<CloudEni>| {
        let mut facts = pods.to_vec();
        facts.push(("now", inventory(enis)));
        evidence(&facts)
    };
    let shared = with(vec![eni("e1", "Secondary", Some("i-1"), &["10.0.1.5", "10.0.1.6"])]);
    assert_eq!(judge(&on_secondary_enis(2), &shared), Judgement::Holds);

    let own = with(vec![
        eni("e1", "Secondary", Some("i-1"), &["10.0.1.5"]),
        eni("e2", "Secondary", Some("i-1"), &["10.0.1.6"]),
    ]);
    assert!(matches!(judge(&on_secondary_enis(2), &own), Judgement::Violated { .. }));
    assert_eq!(judge(&on_secondary_enis(1), &own), Judgement::Holds);

    for wrong in [
        eni("e1", "Primary", Some("i-1"), &["10.0.1.5", "10.0.1.6"]),
        eni("e1", "Secondary", Some("i-2"), &["10.0.1.5", "10.0.1.6"]),
        eni("e1", "Secondary", Some("i-1"), &["10.0.1.5"]),
    ] {
        let judgement = judge(&on_secondary_enis(1), &with(vec![wrong.clone()]));
        assert!(matches!(judgement, Judgement::Violated { .. }), "{wrong:?}");
    }
}

#[test]
fn a_pool_is_counted_without_the_primary_interface() {
    let facts = evidence(&[(
        "now",
        inventory(vec![
            eni("e0", "Primary", Some("i-1"), &["10.0.0.5"]),
            eni("e1", "Secondary", Some("i-1"), &["10.0.1.5", "10.0.1.6"]),
        ]),
    )]);
    let size = |least, most| {
        let claim = Claim::PoolSize {
            inventory: "now".to_owned(),
            instance: "i-1".to_owned(),
            least,
            most,
        };
        judge(&claim, &facts)
    };
    assert_eq!(size(2, 2), Judgement::Holds);
    assert!(matches!(size(3, 9), Judgement::Violated { .. }));
    assert!(matches!(size(0, 1), Judgement::Violated { .. }));
}

#[test]
fn orphans_must_have_been_there_to_be_collected() {
    let mut orphan = eni("e1", "Secondary", None, &[]);
    orphan.tags.insert("creator".to_owned(), "terway".to_owned());
    let facts = evidence(&[
        ("then", inventory(vec![orphan.clone()])),
        ("now", inventory(vec![])),
        ("never", inventory(vec![])),
    ]);
    let claim = |now: &str, then: &str| Claim::NoOrphans {
        inventory: now.to_owned(),
        control: then.to_owned(),
    };
    assert_eq!(judge(&claim("now", "then"), &facts), Judgement::Holds);
    assert!(matches!(judge(&claim("then", "then"), &facts), Judgement::Violated { .. }));
    assert!(matches!(judge(&claim("now", "never"), &facts), Judgement::CantTell { .. }));
}
