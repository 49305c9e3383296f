//! The form that viewers of JUnit XML share: elements, their order, attributes and
//! numbers as the schemas of Jenkins and Surefire have them.

use std::collections::BTreeMap;

use facts::Outcome;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use report::record::AttemptRecord;

use super::of;
use crate::{broken, sample};

type Attributes = BTreeMap<String, String>;

/// Attributes that an element must have, and those that it may have.
fn attributes(name: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match name {
        "testsuites" => (&["name", "tests", "failures", "errors"], &["time", "skipped"]),
        "testsuite" => (&["name", "tests", "failures", "errors", "skipped", "time"], &[]),
        "testcase" => (&["name", "classname", "time"], &[]),
        "property" => (&["name", "value"], &[]),
        "properties" => (&[], &[]),
        "skipped" => (&["message"], &["type"]),
        "failure" | "error" => (&["message", "type"], &[]),
        "flakyFailure" | "rerunFailure" | "flakyError" | "rerunError" => {
            (&["message", "type", "time"], &[])
        }
        other => panic!("no viewer knows <{other}>"),
    }
}

/// Elements that may stand in another, in their order.
fn children(name: &str) -> &'static [&'static str] {
    match name {
        "" => &["testsuites"],
        "testsuites" => &["testsuite"],
        "testsuite" => &["testcase"],
        "testcase" => &[
            "properties",
            "skipped",
            "failure",
            "error",
            "flakyFailure",
            "flakyError",
            "rerunFailure",
            "rerunError",
        ],
        "properties" => &["property"],
        _ => &[],
    }
}

fn read(element: &BytesStart<'_>) -> (String, Attributes) {
    let name = String::from_utf8(element.name().as_ref().to_vec()).expect("UTF-8");
    let of = |attribute: quick_xml::events::attributes::Attribute<'_>| {
        let key = String::from_utf8(attribute.key.as_ref().to_vec()).expect("UTF-8");
        (key, String::from_utf8(attribute.value.to_vec()).expect("UTF-8"))
    };
    (name, element.attributes().map(|attribute| of(attribute.expect("an attribute"))).collect())
}

fn checked(name: &str, found: &Attributes) {
    let (must, may) = attributes(name);
    for key in must {
        assert!(found.contains_key(*key), "<{name}> without {key}: {found:?}");
    }
    for (key, value) in found {
        assert!(must.contains(&key.as_str()) || may.contains(&key.as_str()), "<{name} {key}>");
        if key == "time" {
            let (whole, part) = value.split_once('.').expect("seconds with a point");
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            assert!(digits(whole) && digits(part), "{value}");
        }
    }
}

/// Reads all of it; answers how often each element stands there.
fn count(xml: &str) -> BTreeMap<String, usize> {
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(legal), "a character that XML has not");
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    let mut reader = Reader::from_str(xml);
    let mut open = vec![(String::new(), 0)];
    let mut counts = BTreeMap::new();
    loop {
        let event = reader.read_event().expect("well-formed");
        match &event {
            Event::Start(element) | Event::Empty(element) => {
                let (name, found) = read(element);
                checked(&name, &found);
                let (parent, at) = open.last_mut().expect("the document is open");
                let place = children(parent).iter().position(|child| *child == name);
                let place = place.unwrap_or_else(|| panic!("<{name}> in <{parent}>"));
                assert!(place >= *at, "<{name}> too late in <{parent}>");
                *at = place;
                *counts.entry(name.clone()).or_default() += 1;
                if matches!(event, Event::Start(_)) {
                    open.push((name, 0));
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Eof => return counts,
            _ => {}
        }
    }
}

#[test]
fn all_endings_have_the_form_that_viewers_share() {
    let mut run = broken::record();
    run.scenarios[0].outcome = Outcome::Error;
    run.scenarios[0].error = Some("gone\u{1b}[0m\u{0}\u{fffe}".to_owned());
    let counts = count(&of(run));
    let number = |name: &str| counts.get(name).copied().unwrap_or_default();
    assert_eq!((number("testcase"), number("failure"), number("error")), (46, 2, 1));
    assert_eq!(number("skipped"), 7);
}

#[test]
fn attempts_are_told_as_reruns_and_what_passes_sometimes_never_passes() {
    let mut run = sample::record();
    let attempts = |outcomes: [Outcome; 3]| {
        let attempt =
            |(at, outcome)| AttemptRecord { attempt: at, outcome, millis: 1200, evidence: None };
        (1..).zip(outcomes).map(attempt).collect()
    };
    run.scenarios[0].outcome = Outcome::CantTell;
    run.scenarios[0].flaky = true;
    run.scenarios[0].attempts = attempts([Outcome::Passed, Outcome::Failed, Outcome::Passed]);
    run.scenarios[1].outcome = Outcome::Failed;
    run.scenarios[1].attempts = attempts([Outcome::Failed; 3]);
    let xml = of(run);
    let counts = count(&xml);
    assert_eq!((counts["failure"], counts["flakyFailure"], counts["rerunFailure"]), (3, 1, 2));
    let flaky = super::case(&xml, "The 211th pod of a node is refused");
    assert!(flaky.contains("<failure message=\"\" type=\"flaky\""), "{flaky}");
    assert!(
        flaky.contains("<flakyFailure time=\"1.200\" message=\"attempt 2: failed\""),
        "{flaky}"
    );
}
