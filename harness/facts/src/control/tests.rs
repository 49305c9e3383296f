use serde_json::json;

use super::*;
use crate::exchange::{Exchange, Protocol, Reply};
use crate::kernel::KernelState;

fn call(verb: &str, node: &str) -> Fact {
    Fact::Cni(CniCall {
        plugin: "p".to_owned(),
        node: node.to_owned(),
        env: [("CNI_COMMAND".to_owned(), verb.to_owned())].into(),
        stdin: String::new(),
        exit: Some(0),
        stdout: String::new(),
        stderr: String::new(),
        millis: 1,
    })
}

fn exchange(client: &str, server: &str, protocol: Protocol, target: &str) -> Fact {
    Fact::Exchange(Exchange {
        client: client.to_owned(),
        server: server.to_owned(),
        target: target.parse().unwrap(),
        protocol,
        reply: Reply::Silence,
        millis: 1,
    })
}

fn state(place: &str) -> Fact {
    Fact::Kernel(Box::new(KernelState {
        place: place.to_owned(),
        links: json!([]),
        routes4: json!([]),
        routes6: json!([]),
        rules4: json!([]),
        rules6: json!([]),
        neighbours: json!([]),
    }))
}

fn command(words: &[&str]) -> Fact {
    Fact::Command {
        argv: words.iter().map(|word| (*word).to_owned()).collect(),
        exit: Some(0),
        stdout: String::new(),
        stderr: String::new(),
    }
}

fn paired(fact: &Fact, control: &Fact, common: Common) -> bool {
    Negative::new(fact, control, common).is_ok()
}

#[test]
fn a_control_goes_the_same_way() {
    let tried = exchange("pod a", "pod b", Protocol::Tcp, "10.0.0.5:80");
    for (fact, control) in [
        (call("ADD", "n1"), call("ADD", "n1")),
        (state("pod a"), state("pod a")),
        (command(&["cli", "plan-check", "x"]), command(&["cli", "plan-check", "y"])),
        (tried.clone(), exchange("pod a", "pod b", Protocol::Tcp, "10.0.0.6:80")),
    ] {
        assert!(paired(&fact, &control, Common::Path), "{control:?}");
    }
    for (fact, control) in [
        (call("ADD", "n1"), call("DEL", "n1")),
        (call("ADD", "n1"), call("ADD", "n2")),
        (call("ADD", "n1"), state("node n1")),
        (state("pod a"), state("pod b")),
        (command(&["cli", "plan-check", "x"]), command(&["cli", "limits", "x"])),
        (tried.clone(), exchange("pod c", "pod b", Protocol::Tcp, "10.0.0.5:80")),
        (tried.clone(), exchange("pod a", "pod c", Protocol::Tcp, "10.0.0.5:80")),
        (tried.clone(), exchange("pod a", "pod b", Protocol::Udp, "10.0.0.5:80")),
        (tried, exchange("pod a", "pod b", Protocol::Tcp, "[fd00::5]:80")),
    ] {
        assert!(!paired(&fact, &control, Common::Path), "{control:?}");
    }
}

#[test]
fn a_call_whose_verb_is_the_flaw_is_controlled_by_any_verb_of_its_plugin_and_node() {
    assert!(paired(&call("add", "n1"), &call("ADD", "n1"), Common::Path));
    assert!(paired(&call("", "n1"), &call("ADD", "n1"), Common::Path));
    assert!(!paired(&call("add", "n1"), &call("ADD", "n2"), Common::Path));
}

#[test]
fn a_node_beside_may_be_the_control_where_the_node_is_the_obstacle() {
    assert!(paired(&call("ADD", "n1"), &call("ADD", "n2"), Common::BesideNode));
    assert!(!paired(&call("ADD", "n1"), &call("DEL", "n2"), Common::BesideNode));
}

#[test]
fn a_pair_needs_both_of_its_facts() {
    let mut evidence = Evidence::default();
    evidence.put("x", call("ADD", "n1"));
    let pair = Pair { fact: "x", control: "c", common: Common::Path };
    let missing = Negative::find(&evidence, pair).unwrap_err();
    assert_eq!(missing, Unpaired::Missing { name: "c".to_owned() });
    evidence.put("c", call("ADD", "n1"));
    let negative = Negative::find(&evidence, pair).unwrap();
    assert_eq!((negative.fact(), negative.control()), (&call("ADD", "n1"), &call("ADD", "n1")));
}
