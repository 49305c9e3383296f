use facts::cni::CniCall;
use facts::{Evidence, Fact, Judgement};
use serde_json::json;

use super::*;
use crate::judge;

const POD: &str = "10.0.16.5";

fn add() -> Fact {
    let result = json!({"cniVersion": "1.0.0", "ips": [{"address": format!("{POD}/32"), "interface": 1}],
        "interfaces": [{"name": "h"}, {"name": "eth0", "sandbox": "/n", "mac": "02:00:00:00:00:01"}]});
    Fact::Cni(CniCall {
        plugin: "terway".to_owned(),
        node: "n1".to_owned(),
        env: [("CNI_COMMAND", "ADD"), ("CNI_IFNAME", "eth0"), ("CNI_NETNS", "/n")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        stdin: json!({"cniVersion": "1.0.0"}).to_string(),
        exit: Some(0),
        stdout: result.to_string(),
        stderr: String::new(),
        millis: 1,
    })
}

fn eni(id: &str, instance: Option<&str>, ipv4: &[&str]) -> CloudEni {
    CloudEni {
        id: id.to_owned(),
        kind: "Secondary".to_owned(),
        mac: format!("00:16:3e:00:00:{}", ipv4.len()),
        instance: instance.map(str::to_owned),
        ipv4: ipv4.iter().map(|ip| (*ip).to_owned()).collect(),
        tags: [("creator".to_owned(), "terway".to_owned())].into(),
        ..CloudEni::default()
    }
}

fn kernel(routed: &[&str]) -> KernelState {
    let veth = |name: &str| {
        json!({"ifname": name, "address": "02:00:00:00:00:02",
        "linkinfo": {"info_kind": "veth"}})
    };
    let route = |(number, dst): (usize, &&str)| json!({"dst": dst, "dev": format!("c{number}")});
    KernelState {
        place: "node n1".to_owned(),
        links: (0..routed.len()).map(|number| veth(&format!("c{number}"))).collect(),
        routes4: routed.iter().enumerate().map(route).collect(),
        routes6: json!([]),
        rules4: json!([]),
        rules6: json!([]),
        neighbours: json!([]),
    }
}

/// What is said of a world in which one pod lives.
fn judged(enis: Vec<CloudEni>, routed: &[&str], books: &[&str], granted: &[&str]) -> Judgement {
    let mut evidence = Evidence::default();
    evidence.put("ADD", add());
    evidence.put("cloud", Fact::Inventory(CloudInventory { nodes: BTreeMap::new(), enis }));
    evidence.put("node", Fact::Kernel(Box::new(kernel(routed))));
    let ipv4: serde_json::Map<_, _> =
        books.iter().map(|ip| ((*ip).to_owned(), json!({}))).collect();
    let books = json!({"status": {"networkInterfaces": {"eni-1": {"ipv4": ipv4}}}});
    evidence.put("books", Fact::Object { object: books });
    let used: serde_json::Map<_, _> =
        granted.iter().map(|ip| ((*ip).to_owned(), json!({"state": "granted"}))).collect();
    evidence.put("runtime", Fact::Object { object: json!({"status": {"addresses": used}}) });
    let claim = Claim::Conserved {
        inventory: "cloud".to_owned(),
        instance: "i-1".to_owned(),
        state: "node".to_owned(),
        living: vec!["ADD".to_owned()],
        books: Some("books".to_owned()),
        runtime: Some("runtime".to_owned()),
    };
    judge(&claim, &evidence)
}

#[test]
fn one_pod_that_all_agree_on() {
    let one = || vec![eni("eni-1", Some("i-1"), &[POD])];
    assert_eq!(judged(one(), &[POD], &[POD], &[POD]), Judgement::Holds);
}

#[test]
fn what_is_lost_doubled_or_left_over_is_named() {
    let one = || vec![eni("eni-1", Some("i-1"), &[POD])];
    let orphan = vec![eni("eni-1", Some("i-1"), &[POD]), eni("eni-2", None, &["10.0.16.6", "x"])];
    let spare = vec![eni("eni-1", Some("i-1"), &[POD, "10.0.16.6"])];
    for (judgement, object) in [
        (judged(orphan, &[POD], &[POD], &[POD]), "eni-2"),
        (judged(spare, &[POD], &[POD], &[POD]), "the books"),
        (judged(vec![], &[POD], &[], &[POD]), POD),
        (judged(one(), &[POD, "10.0.16.6"], &[POD], &[POD]), "routes"),
        (judged(one(), &[], &[POD], &[POD]), "routes"),
        (judged(one(), &[POD], &[POD], &[]), "granted"),
        (judged(one(), &[POD], &[POD], &[POD, "10.0.16.6"]), "granted"),
    ] {
        let Judgement::Violated { violations } = judgement else { panic!("{judgement:?}") };
        assert!(violations[0].object.contains(object), "{violations:?} lacks {object}");
    }
}
