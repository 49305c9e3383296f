use super::*;
use facts::{Evidence, Fact, Judgement};
use rstest::rstest;
use serde_json::json;

use crate::judge;

fn call(verb: &str, exit: i32, stdout: &str) -> CniCall {
    CniCall {
        plugin: "p".to_owned(),
        node: "n1".to_owned(),
        env: [("CNI_COMMAND", verb), ("CNI_CONTAINERID", "c1"), ("CNI_IFNAME", "eth0")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        stdin: json!({"cniVersion": "1.0.0", "name": "n", "type": "p"}).to_string(),
        exit: Some(exit),
        stdout: stdout.to_owned(),
        stderr: String::new(),
        millis: 1,
    }
}

fn added(address: &str) -> CniCall {
    let result = json!({
        "cniVersion": "1.0.0",
        "interfaces": [{"name": "eth0", "sandbox": "/x"}],
        "ips": [{"address": address, "interface": 0}],
    });
    call("ADD", 0, &result.to_string())
}

fn evidence(calls: &[(&str, CniCall)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (name, call) in calls {
        evidence.put(*name, Fact::Cni(call.clone()));
    }
    evidence
}

fn violated(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Violated { .. })
}

#[rstest]
#[case::fine(added("10.0.0.5/32"), true)]
#[case::exit(call("ADD", 1, "{}"), false)]
#[case::silent(call("ADD", 0, ""), false)]
#[case::no_address(call("ADD", 0, r#"{"cniVersion":"1.0.0"}"#), false)]
#[case::no_prefix(added("10.0.0.5"), false)]
#[case::del(call("DEL", 0, ""), true)]
#[case::chatty_del(call("DEL", 0, "{}"), false)]
fn a_success_says_what_its_verb_asks_for(#[case] call: CniCall, #[case] holds: bool) {
    let claim = Claim::CallSucceeds { call: "c".to_owned() };
    let judgement = judge(&claim, &evidence(&[("c", call)]));
    assert_eq!(judgement == Judgement::Holds, holds, "{judgement:?}");
}

#[test]
fn older_versions_tell_the_family_and_the_version_asked_is_answered() {
    let mut older = added("10.0.0.5/32");
    older.stdin = json!({"cniVersion": "0.3.1"}).to_string();
    let found = success(&older);
    let objects: Vec<_> = found.iter().map(|violation| violation.object.as_str()).collect();
    assert_eq!(objects.len(), 2, "{objects:?}");
    assert!(objects[0].starts_with("cniVersion") && objects[1].starts_with("ips[0].version"));
}

#[rstest]
#[case::right(r#"{"code":4,"msg":"CNI_IFNAME"}"#, 1, &[4], true)]
#[case::any_code(r#"{"code":100,"msg":"m"}"#, 1, &[], true)]
#[case::other_code(r#"{"code":7,"msg":"m"}"#, 1, &[4], false)]
#[case::no_message(r#"{"code":4}"#, 1, &[4], false)]
#[case::no_object("failed", 1, &[], false)]
#[case::success("", 0, &[], false)]
fn a_failure_is_an_error_object(
    #[case] stdout: &str,
    #[case] exit: i32,
    #[case] codes: &[u64],
    #[case] holds: bool,
) {
    let claim = Claim::CallFails {
        call: "c".to_owned(),
        codes: codes.to_vec(),
        control: "good".to_owned(),
    };
    let facts = evidence(&[("c", call("ADD", exit, stdout)), ("good", added("10.0.0.5/32"))]);
    assert_eq!(judge(&claim, &facts) == Judgement::Holds, holds);
}

#[test]
fn a_failure_without_a_control_that_works_decides_nothing() {
    let claim =
        Claim::CallFails { call: "c".to_owned(), codes: vec![], control: "good".to_owned() };
    let failed = call("ADD", 1, r#"{"code":4,"msg":"m"}"#);
    for facts in
        [evidence(&[("c", failed.clone())]), evidence(&[("c", failed.clone()), ("good", failed)])]
    {
        assert!(matches!(judge(&claim, &facts), Judgement::CantTell { .. }));
    }
}

#[test]
fn addresses_are_compared_across_calls() {
    let facts = evidence(&[
        ("a", added("10.0.0.5/32")),
        ("b", added("10.0.0.6/32")),
        ("c", added("10.0.0.5/32")),
    ]);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let distinct =
        |calls: &[&str]| judge(&Claim::DistinctAddresses { calls: names(calls) }, &facts);
    assert_eq!(distinct(&["a", "b"]), Judgement::Holds);
    assert!(violated(&distinct(&["a", "b", "c"])));
    assert!(matches!(distinct(&["a"]), Judgement::CantTell { .. }));

    let same = |first: &str, second: &str| {
        judge(&Claim::SameAddresses { first: first.to_owned(), second: second.to_owned() }, &facts)
    };
    assert_eq!(same("a", "c"), Judgement::Holds);
    assert!(violated(&same("a", "b")));

    let reused = |later: &[&str], control: &str| {
        judge(
            &Claim::NotReused {
                first: "a".to_owned(),
                later: names(later),
                control: control.to_owned(),
            },
            &facts,
        )
    };
    assert_eq!(reused(&["b"], "c"), Judgement::Holds);
    assert!(violated(&reused(&["b", "c"], "c")));
    assert!(matches!(reused(&["b"], "b"), Judgement::CantTell { .. }));
    // What was given again needs no control.
    assert!(violated(&reused(&["c"], "b")));
}

#[test]
fn version_answers_in_the_version_asked() {
    let answer = r#"{"cniVersion":"0.4.0","supportedVersions":["0.4.0","1.0.0"]}"#;
    let facts = evidence(&[("v", call("VERSION", 0, answer))]);
    let judged = |asked: &str, listed: &[&str]| {
        judge(
            &Claim::Versions {
                call: "v".to_owned(),
                asked: asked.to_owned(),
                listed: listed.iter().map(|v| (*v).to_owned()).collect(),
            },
            &facts,
        )
    };
    assert_eq!(judged("0.4.0", &["1.0.0"]), Judgement::Holds);
    assert!(violated(&judged("1.0.0", &[])));
    assert!(violated(&judged("0.4.0", &["1.1.0"])));
}
