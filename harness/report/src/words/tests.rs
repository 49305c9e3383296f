use super::*;
use rstest::rstest;
use std::collections::BTreeMap;

fn of(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn still() -> facts::signal::Still {
    let [before, after, control] = ["first", "then", "last"].map(str::to_owned);
    facts::signal::Still { signals: BTreeMap::new(), before, after, control }
}

fn address(text: &str) -> std::net::IpAddr {
    text.parse().unwrap()
}

#[rstest]
#[case(
    Claim::Still(still()),
    "What names no fault stands still from `first` to `then`, while one had moved in `last`."
)]
#[case(
    Claim::CallFails { call: "add".into(), codes: vec![4, 7], control: "good add".into() },
    "Call `add` fails with code 4 or 7, while `good add` succeeds."
)]
#[case(
    Claim::CallFails { call: "add".into(), codes: vec![], control: "good add".into() },
    "Call `add` fails with an error, while `good add` succeeds."
)]
#[case(
    Claim::ErrorNames { call: "add".into(), words: of(&["210"]) },
    "The error of call `add` speaks of “210”."
)]
#[case(
    Claim::Families { call: "add a".into(), v4: 1, v6: 0 },
    "`add a` told 1 IPv4 address and no IPv6 address."
)]
#[case(
    Claim::DistinctAddresses { calls: of(&["add a", "add b", "add c"]) },
    "No address was told by two of `add a`, `add b` and `add c`."
)]
#[case(
    Claim::Answers { exchange: "a to b".into(), by: "uid-b".into(), seen: Some(address("10.0.0.5")) },
    "`a to b` is answered by uid-b that saw 10.0.0.5 as its client."
)]
#[case(
    Claim::Answers { exchange: "a to b".into(), by: String::new(), seen: None },
    "`a to b` is answered."
)]
#[case(
    Claim::PoolSize { inventory: "now".into(), instance: "i-1".into(), least: 2, most: 5 },
    "In one family, the secondary interfaces of i-1 hold 2 to 5 addresses."
)]
#[case(
    Claim::WithinBudget {
        calls: "calls".into(),
        budgets: BTreeMap::from([("A".to_owned(), 2), ("B".to_owned(), 3)]),
    },
    "Calls of the cloud stay within their budgets: A 2 and B 3."
)]
fn a_claim_is_one_sentence(#[case] claim: Claim, #[case] sentence: &str) {
    assert_eq!(words(&claim), sentence);
}

#[rstest]
#[case(
    Direction::ToContainer,
    512,
    Table::Main,
    "Packets from 10.0.2.9 to 10.0.1.5 are decided by rule 512 and the main table."
)]
#[case(
    Direction::FromContainer,
    2048,
    Table::Eni,
    "Packets from 10.0.1.5 to 10.0.2.9 are decided by rule 2048 and \
     table 1000 + the index of the pod's interface."
)]
fn a_rule_is_told_with_the_packets_that_it_decides(
    #[case] direction: Direction,
    #[case] priority: u32,
    #[case] table: Table,
    #[case] sentence: &str,
) {
    let claim = Claim::Decided {
        state: "node".into(),
        inventory: "cloud".into(),
        flow: "flow".into(),
        pod: address("10.0.1.5"),
        peer: address("10.0.2.9"),
        direction,
        priority,
        table,
    };
    assert_eq!(words(&claim), sentence);
}
