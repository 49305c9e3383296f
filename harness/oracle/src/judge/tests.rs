//! No negative claim holds without its control: each is judged with it, without it,
//! with one of another path, and with one that did not work.

use std::collections::BTreeMap;

use facts::cloud::{CloudCall, CloudEni, CloudInventory};
use facts::cni::CniCall;
use facts::exchange::{Exchange, Protocol, Reply};
use facts::kernel::{KernelState, SeenFlow};
use facts::{Claim, Evidence, Fact, Judgement};
use rstest::rstest;
use serde_json::{Value, json};

use crate::judge;

fn call(node: &str, verb: &str, exit: i32, stdout: &Value) -> Fact {
    Fact::Cni(CniCall {
        plugin: "p".to_owned(),
        node: node.to_owned(),
        env: [("CNI_COMMAND".to_owned(), verb.to_owned())].into(),
        stdin: json!({"cniVersion": "1.0.0"}).to_string(),
        exit: Some(exit),
        stdout: stdout.to_string(),
        stderr: String::new(),
        millis: 1,
    })
}

fn added(node: &str, address: &str) -> Fact {
    let ips = json!([{"address": format!("{address}/32")}]);
    call(node, "ADD", 0, &json!({"cniVersion": "1.0.0", "ips": ips}))
}

fn refused(node: &str) -> Fact {
    call(node, "ADD", 1, &json!({"code": 11, "msg": "no address"}))
}

fn state(place: &str, links: &[&str]) -> Fact {
    let links = links.iter().map(|name| json!({"ifname": name, "address": *name}));
    Fact::Kernel(Box::new(KernelState {
        place: place.to_owned(),
        links: links.collect(),
        routes4: json!([]),
        routes6: json!([]),
        rules4: json!([]),
        rules6: json!([]),
        neighbours: json!([]),
    }))
}

fn tried(server: &str, reply: Reply) -> Fact {
    Fact::Exchange(Exchange {
        client: "pod a".to_owned(),
        server: server.to_owned(),
        target: "10.0.0.5:80".parse().unwrap(),
        protocol: Protocol::Tcp,
        reply,
        millis: 1,
    })
}

fn answered() -> Reply {
    Reply::Answered { by: "u1".to_owned(), seen: None }
}

fn flow(node: &str, forwarded: u64) -> Fact {
    Fact::Flow(SeenFlow {
        node: node.to_owned(),
        source: "10.0.0.4".parse().unwrap(),
        destination: "10.0.0.5".parse().unwrap(),
        before_routing: forwarded,
        forwarded,
        marks: Vec::new(),
        came_by: Vec::new(),
    })
}

fn command(word: &str, exit: i32) -> Fact {
    Fact::Command {
        argv: vec!["cli".to_owned(), word.to_owned()],
        exit: Some(exit),
        stdout: String::new(),
        stderr: String::new(),
    }
}

fn file(text: Option<&str>) -> Fact {
    Fact::File { path: String::new(), text: text.map(str::to_owned) }
}

fn inventory(enis: &[CloudEni]) -> Fact {
    Fact::Inventory(CloudInventory { enis: enis.to_vec(), ..CloudInventory::default() })
}

fn primary() -> CloudEni {
    CloudEni {
        id: "e0".to_owned(),
        kind: "Primary".to_owned(),
        mac: "eth0".to_owned(),
        instance: Some("i-1".to_owned()),
        ..CloudEni::default()
    }
}

fn orphan() -> CloudEni {
    let tags = BTreeMap::from([("creator".to_owned(), "terway".to_owned())]);
    CloudEni { id: "e1".to_owned(), tags, ..CloudEni::default() }
}

/// A negative claim about fact `x` with control `c`, the fact, and three controls: a
/// right one, one of another path, and one of the same path that did not work.
struct Case {
    claim: Value,
    more: Vec<(&'static str, Fact)>,
    fact: Fact,
    right: Fact,
    elsewhere: Fact,
    broken: Fact,
}

impl Case {
    fn judged(&self, control: Option<&Fact>) -> Judgement {
        let mut evidence = Evidence::default();
        for (name, fact) in &self.more {
            evidence.put(*name, fact.clone());
        }
        evidence.put("x", self.fact.clone());
        if let Some(control) = control {
            evidence.put("c", control.clone());
        }
        let claim: Claim = serde_json::from_value(self.claim.clone()).unwrap();
        judge(&claim, &evidence)
    }
}

fn fails() -> Case {
    Case {
        claim: json!({"claim": "call-fails", "call": "x", "codes": [11], "control": "c"}),
        more: Vec::new(),
        fact: refused("n1"),
        right: added("n1", "10.0.0.5"),
        elsewhere: call("n1", "STATUS", 0, &json!("")),
        broken: refused("n1"),
    }
}

fn link_gone() -> Case {
    Case {
        claim: json!({"claim": "link-gone", "state": "x", "link": "eth0", "control": "c"}),
        more: Vec::new(),
        fact: state("pod a", &["lo"]),
        right: state("pod a", &["lo", "eth0"]),
        elsewhere: state("pod b", &["lo", "eth0"]),
        broken: state("pod a", &["lo"]),
    }
}

fn same_state() -> Case {
    Case {
        claim: json!({"claim": "same-state", "before": "b", "after": "x", "control": "c"}),
        more: vec![("b", state("node n1", &["lo"]))],
        fact: state("node n1", &["lo"]),
        right: state("node n1", &["lo", "cali1"]),
        elsewhere: state("node n2", &["lo", "cali1"]),
        broken: state("node n1", &["lo"]),
    }
}

fn silent() -> Case {
    Case {
        claim: json!({"claim": "silent", "exchange": "x", "control": "c"}),
        more: Vec::new(),
        fact: tried("pod b", Reply::Silence),
        right: tried("pod b", answered()),
        elsewhere: tried("pod c", answered()),
        broken: tried("pod b", Reply::Silence),
    }
}

fn passes_stack() -> Case {
    Case {
        claim: json!({"claim": "passes-stack", "flow": "x", "packets": 4, "control": "c"}),
        more: Vec::new(),
        fact: flow("n1", 5),
        right: flow("n1", 0),
        elsewhere: flow("n2", 0),
        broken: flow("n1", 5),
    }
}

fn not_reused() -> Case {
    Case {
        claim: json!({"claim": "not-reused", "first": "f", "later": ["x"], "control": "c"}),
        more: vec![("f", added("n1", "10.0.0.5"))],
        fact: added("n1", "10.0.0.6"),
        right: added("n1", "10.0.0.5"),
        elsewhere: added("n2", "10.0.0.5"),
        broken: added("n1", "10.0.0.7"),
    }
}

fn no_orphans() -> Case {
    Case {
        claim: json!({"claim": "no-orphans", "inventory": "x", "control": "c"}),
        more: Vec::new(),
        fact: inventory(&[primary()]),
        right: inventory(&[primary(), orphan()]),
        elsewhere: Fact::Calls { calls: Vec::new() },
        broken: inventory(&[primary()]),
    }
}

fn command_refuses() -> Case {
    Case {
        claim: json!({"claim": "command-refuses", "command": "x", "words": [], "control": "c"}),
        more: Vec::new(),
        fact: command("plan-check", 1),
        right: command("plan-check", 0),
        elsewhere: command("limits", 0),
        broken: command("plan-check", 1),
    }
}

fn refused_node() -> Case {
    let calls = vec![CloudCall { action: "DescribeX".to_owned(), ..CloudCall::default() }];
    Case {
        claim: json!({
            "claim": "refused", "file": "f", "call": "x", "calls": "calls", "instance": "i-2",
            "told": [], "words": [], "control_file": "cf", "control_call": "c",
        }),
        more: vec![("f", file(None)), ("cf", file(Some("{}"))), ("calls", Fact::Calls { calls })],
        fact: refused("n2"),
        right: added("n1", "10.0.0.5"),
        elsewhere: call("n1", "DEL", 0, &json!("")),
        broken: refused("n1"),
    }
}

fn primary_untouched() -> Case {
    Case {
        claim: json!({
            "claim": "primary-untouched", "before": "b", "after": "x", "instance": "i-1",
            "state": "s", "calls": ["c"],
        }),
        more: vec![("b", inventory(&[primary()])), ("s", state("node n1", &["eth0"]))],
        fact: inventory(&[primary()]),
        right: added("n1", "10.0.0.5"),
        elsewhere: state("node n1", &[]),
        broken: refused("n1"),
    }
}

fn eni_untouched() -> Case {
    Case {
        claim: json!({
            "claim": "eni-untouched", "before": "b", "after": "x", "calls": "calls",
            "state_before": "s", "state_after": "s", "eni": "e0", "served": ["c"],
        }),
        more: vec![
            ("b", inventory(&[primary()])),
            ("s", state("node n1", &["eth0"])),
            ("calls", Fact::Calls { calls: Vec::new() }),
        ],
        fact: inventory(&[primary()]),
        right: added("n1", "10.0.0.5"),
        elsewhere: state("node n1", &[]),
        broken: refused("n1"),
    }
}

#[rstest]
#[case(fails())]
#[case(link_gone())]
#[case(same_state())]
#[case(silent())]
#[case(passes_stack())]
#[case(not_reused())]
#[case(no_orphans())]
#[case(command_refuses())]
#[case(refused_node())]
#[case(primary_untouched())]
#[case(eni_untouched())]
fn no_negative_claim_holds_without_its_control(#[case] case: Case) {
    assert_eq!(case.judged(Some(&case.right)), Judgement::Holds);
    for control in [None, Some(&case.elsewhere), Some(&case.broken)] {
        let judgement = case.judged(control);
        let undecided = matches!(judgement, Judgement::CantTell { .. });
        assert!(undecided, "{:?} with {control:?}: {judgement:?}", case.claim);
    }
}

#[rstest]
#[case::no_pods(json!({
    "claim": "primary-untouched", "before": "x", "after": "x", "instance": "i-1", "state": "s",
    "calls": [],
}))]
#[case::no_later_pods(json!({
    "claim": "not-reused", "first": "f", "later": [], "control": "f",
}))]
#[case::one_pod(json!({"claim": "distinct-addresses", "calls": ["f"]}))]
#[case::never_asked(json!({
    "claim": "within-budget", "calls": "calls", "budgets": {"CreateNetworkInterface": 3},
}))]
fn a_claim_about_nothing_does_not_hold(#[case] claim: Value) {
    let mut evidence = Evidence::default();
    evidence.put("x", inventory(&[primary()]));
    evidence.put("s", state("node n1", &["eth0"]));
    evidence.put("f", added("n1", "10.0.0.5"));
    let calls = vec![CloudCall { action: "DescribeX".to_owned(), ..CloudCall::default() }];
    evidence.put("calls", Fact::Calls { calls });
    let claim: Claim = serde_json::from_value(claim).unwrap();
    let judgement = judge(&claim, &evidence);
    assert!(matches!(judgement, Judgement::CantTell { .. }), "{judgement:?}");
}
