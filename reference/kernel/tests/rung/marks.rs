//! Marks in a real nftables table.

use std::process::Command;

use crate::space::in_fresh_node;
use ::kernel::marks::{self, MarkBits, Marks};
use model::kernel::Mark;

const BITS: MarkBits = MarkBits { mask: plan::wire::MARK_MASK, of: plan::wire::mark };

fn mark(source: &str, slot: u16) -> Mark {
    let link = format!("pod{}", source.rsplit(['.', ':']).next().unwrap());
    Mark { link, source: source.parse().unwrap(), slot }
}

fn nft() -> String {
    let output = Command::new("nft").args(["list", "table", "inet", "terway"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_table_holds_one_rule_an_interface_and_family_whatever_the_number_of_pods() {
    in_fresh_node(|| {
        let pods = [mark("10.0.1.5", 1), mark("10.0.1.6", 1), mark("fd00:1::5", 1)];
        marks::replace(BITS, &[], &pods).unwrap();
        let text = nft();
        for line in [
            "type filter hook prerouting priority raw; policy accept;",
            "iifname . ip saddr @eni1-v4 meta mark set meta mark & 0x001fffff | 0x00100000",
            "iifname . ip6 saddr @eni1-v6 meta mark set meta mark & 0x001fffff | 0x00100000",
            "\"pod5\" . 10.0.1.5",
            "elements = { \"pod5\" . fd00:1::5 }",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert_eq!(text.matches("meta mark set").count(), 2, "{text}");
    });
}

#[test]
fn marks_come_and_go_one_by_one() {
    in_fresh_node(|| {
        let marks = Marks::default();
        marks::replace(BITS, &[], &[mark("10.0.1.5", 1)]).unwrap();
        let second = [mark("10.0.1.6", 1), mark("fd00:1::6", 1)];
        marks.add(&second).unwrap();
        marks.add(&second).unwrap();
        assert!(nft().contains("10.0.1.6") && nft().contains("fd00:1::6"));
        marks.remove(&second).unwrap();
        marks.remove(&second).unwrap();
        assert!(nft().contains("{ \"pod5\" . 10.0.1.5 }"), "{}", nft());
        assert!(nft().contains("{ \"pod5\" }"), "{}", nft());
    });
}

#[test]
fn a_mark_for_an_interface_that_the_table_does_not_know_says_so() {
    in_fresh_node(|| {
        let marks = Marks::default();
        marks::replace(BITS, &[], &[mark("10.0.1.5", 1)]).unwrap();
        let error = marks.add(&[mark("10.0.2.5", 2)]).unwrap_err();
        assert_eq!(error.errno(), Some(nix::libc::ENOENT), "{error}");
        assert!(error.to_string().contains("10.0.2.5"), "{error}");
    });
}

#[test]
fn as_many_marks_as_a_node_has_addresses_come_and_go_at_once() {
    in_fresh_node(|| {
        let marks = Marks::default();
        marks::replace(BITS, &[], &[mark("10.0.1.5", 1), mark("fd00:1::5", 1)]).unwrap();
        let four = (0..240).map(|n| mark(&format!("10.0.2.{n}"), 1));
        let six = (0..240).map(|n| mark(&format!("fd00:2::{n}"), 1));
        let all: Vec<_> = four.chain(six).collect();
        marks.add(&all).unwrap();
        assert_eq!(
            (nft().matches("10.0.2.").count(), nft().matches("fd00:2::").count()),
            (240, 240)
        );
        marks.remove(&all).unwrap();
        assert!(!nft().contains("10.0.2.") && nft().contains(". 10.0.1.5 }"), "{}", nft());
    });
}

#[test]
fn an_interface_without_pods_is_known_to_a_new_table() {
    in_fresh_node(|| {
        marks::replace(BITS, &[2], &[mark("10.0.1.5", 1)]).unwrap();
        Marks::default().add(&[mark("10.0.2.5", 2)]).unwrap();
        assert!(nft().contains("elements = { \"pod5\" . 10.0.2.5 }"), "{}", nft());
    });
}

#[test]
fn a_mark_is_seen_only_while_its_element_and_every_rule_are_there() {
    in_fresh_node(|| {
        let pods = [mark("10.0.1.5", 1), mark("fd00:1::5", 1)];
        assert!(!marks::seen().unwrap().holds(&pods[0]));
        marks::replace(BITS, &[], &pods).unwrap();
        let seen = marks::seen().unwrap();
        assert!(pods.iter().all(|mark| seen.holds(mark)));
        assert!(!seen.holds(&mark("10.0.1.6", 1)) && !seen.holds(&mark("10.0.1.5", 2)));
        assert!(!seen.holds_more_than(&pods) && seen.holds_more_than(&pods[..1]));
        for spoil in [
            "delete element inet terway eni1-v4 { \"pod5\" . 10.0.1.5 }",
            "delete element inet terway links { \"pod5\" }",
            "flush chain inet terway pods",
            "delete table inet terway",
        ] {
            marks::replace(BITS, &[], &pods).unwrap();
            assert!(Command::new("nft").arg(spoil).status().unwrap().success());
            assert!(!marks::seen().unwrap().holds(&pods[0]), "{spoil}");
        }
    });
}
