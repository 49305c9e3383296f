//! Words, values and exit codes: objects of the API, events, commands, sockets.

use std::collections::BTreeMap;

use facts::{Claim, Violation};
use serde_json::Value;

use crate::look::{Look, Verdict, lacking, short, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::Holds { object, pointer, value } => {
            let found = look.object(object)?.pointer(pointer);
            let text = match found {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => "nothing".to_owned(),
            };
            let seen = violation(format!("{pointer} of {object}"), value, &text);
            Ok(if text == *value { Vec::new() } else { vec![seen] })
        }
        Claim::Told { facts, words } => {
            let texts: Result<Vec<_>, _> = facts.iter().map(|name| look.text(name)).collect();
            let texts = texts?;
            let differ = |word: &String| {
                violation(facts.join(", "), format!("tell {word:?}"), short(&texts.join(" | ")))
            };
            Ok(lacking(words, &texts).into_iter().map(differ).collect())
        }
        Claim::CommandSays { command, exit, words } => {
            let mut found =
                exit_code(look, command, |code| code == Some(*exit), &exit.to_string())?;
            found.extend(said(look, command, words)?);
            Ok(found)
        }
        Claim::CommandRefuses { command, words, control } => {
            let (exit, _, _) = look.command(control)?;
            if exit != Some(0) {
                return Err(format!("the control ended with {exit:?}, not 0"));
            }
            let refused = |code: Option<i32>| code.is_some_and(|code| code != 0);
            let mut found = exit_code(look, command, refused, "not 0")?;
            found.extend(said(look, command, words)?);
            Ok(found)
        }
        Claim::LimitsAre { command, limits } => printed_limits(look, command, limits),
        Claim::ControlPlaneOverIpv4 { sockets, port } => {
            Ok(over_ipv4(look.sockets(sockets)?, *port))
        }
        _ => Err("not a claim about words".to_owned()),
    }
}

fn exit_code(
    look: &Look<'_>,
    command: &str,
    right: impl Fn(Option<i32>) -> bool,
    expected: &str,
) -> Verdict {
    let (exit, stdout, stderr) = look.command(command)?;
    let code = exit.map_or("none".to_owned(), |code| code.to_string());
    let seen = format!("{code}; {}", short(&format!("{stdout} {stderr}")));
    let differs = violation(format!("exit code of {command}"), expected, seen);
    Ok(if right(exit) { Vec::new() } else { vec![differs] })
}

fn said(look: &Look<'_>, command: &str, words: &[String]) -> Verdict {
    let text = look.text(command)?;
    let differ = |word: &String| {
        violation(format!("output of {command}"), format!("names {word:?}"), short(&text))
    };
    Ok(lacking(words, std::slice::from_ref(&text)).into_iter().map(differ).collect())
}

fn printed_limits(look: &Look<'_>, command: &str, limits: &BTreeMap<String, u64>) -> Verdict {
    let mut found = exit_code(look, command, |code| code == Some(0), "0")?;
    let (_, stdout, _) = look.command(command)?;
    let printed: Value = serde_json::from_str(stdout).unwrap_or_default();
    let rows = printed.as_array().map(Vec::as_slice).unwrap_or_default();
    let shared: BTreeMap<_, _> = rows
        .iter()
        .filter_map(|row| Some((row["instanceType"].as_str()?, row["shared"].as_u64()?)))
        .collect();
    if limits.is_empty() {
        return Err("no limits to compare with".to_owned());
    }
    for (instance_type, limit) in limits {
        let seen = shared.get(instance_type.as_str());
        if seen != Some(limit) {
            let observed = seen.map_or("not printed".to_owned(), ToString::to_string);
            found.push(violation(
                format!("shared limit of {instance_type}"),
                limit.to_string(),
                observed,
            ));
        }
    }
    let more = found.split_off(found.len().min(10));
    if !more.is_empty() {
        found.push(violation("further limits", "equal", format!("{} more differ", more.len())));
    }
    Ok(found)
}

fn over_ipv4(lines: &[String], port: u16) -> Vec<Violation> {
    let remote = |line: &&String| {
        line.split_whitespace().nth(2).is_some_and(|to| to.ends_with(&format!(":{port}")))
    };
    let connections: Vec<_> = lines.iter().filter(remote).collect();
    if connections.is_empty() {
        let seen = format!("none among {} sockets", lines.len());
        return vec![violation("connections to the control plane", "at least one", seen)];
    }
    let v6 = |line: &&&String| {
        let local = line.split_whitespace().nth(1).unwrap_or_default();
        local.starts_with('[') && !local.starts_with("[::ffff:")
    };
    connections
        .iter()
        .filter(v6)
        .map(|line| violation("connections to the control plane", "IPv4", line.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::{Evidence, Fact, Judgement};
    use rstest::rstest;
    use serde_json::json;

    use crate::judge;

    fn command(exit: i32, stdout: &str) -> Fact {
        Fact::Command {
            argv: vec!["cli".to_owned()],
            exit: Some(exit),
            stdout: stdout.to_owned(),
            stderr: String::new(),
        }
    }

    fn evidence(facts: Vec<(&str, Fact)>) -> Evidence {
        let mut evidence = Evidence::default();
        for (name, fact) in facts {
            evidence.put(name, fact);
        }
        evidence
    }

    #[test]
    fn printed_limits_are_compared_one_by_one() {
        let stdout =
            json!([{"instanceType": "t1", "shared": 12}, {"instanceType": "t2", "shared": 0}]);
        let facts = evidence(vec![("limits", command(0, &stdout.to_string()))]);
        let judged = |limits: &[(&str, u64)]| {
            let limits = limits.iter().map(|(name, limit)| ((*name).to_owned(), *limit)).collect();
            judge(&Claim::LimitsAre { command: "limits".to_owned(), limits }, &facts)
        };
        assert_eq!(judged(&[("t1", 12), ("t2", 0)]), Judgement::Holds);
        assert!(matches!(judged(&[("t1", 13)]), Judgement::Violated { .. }));
        assert!(matches!(judged(&[("t3", 1)]), Judgement::Violated { .. }));
        assert!(matches!(judged(&[]), Judgement::CantTell { .. }));
    }

    #[test]
    fn a_refusal_needs_a_control_that_is_accepted() {
        let claim = Claim::CommandRefuses {
            command: "bad".to_owned(),
            words: vec!["overlaps".to_owned()],
            control: "good".to_owned(),
        };
        let judged =
            |bad: Fact, good: Fact| judge(&claim, &evidence(vec![("bad", bad), ("good", good)]));
        assert_eq!(judged(command(1, "it Overlaps"), command(0, "")), Judgement::Holds);
        assert!(matches!(
            judged(command(0, "overlaps"), command(0, "")),
            Judgement::Violated { .. }
        ));
        assert!(matches!(judged(command(1, "no"), command(0, "")), Judgement::Violated { .. }));
        assert!(matches!(
            judged(command(1, "overlaps"), command(1, "")),
            Judgement::CantTell { .. }
        ));
    }

    #[rstest]
    #[case::v4("tcp 10.0.0.1:4000 10.0.255.10:6443 x", true)]
    #[case::mapped("tcp [::ffff:10.0.0.1]:4000 [::ffff:10.0.255.10]:6443 x", true)]
    #[case::v6("tcp [2001:db8::1]:4000 [2001:db8::2]:6443 x", false)]
    #[case::elsewhere("tcp 10.0.0.1:4000 10.0.255.10:80 x", false)]
    fn the_control_plane_is_reached_over_ipv4(#[case] line: &str, #[case] holds: bool) {
        let facts = evidence(vec![("s", Fact::Sockets { lines: vec![line.to_owned()] })]);
        let claim = Claim::ControlPlaneOverIpv4 { sockets: "s".to_owned(), port: 6443 };
        assert_eq!(judge(&claim, &facts) == Judgement::Holds, holds);
    }

    #[test]
    fn words_may_stand_in_any_of_the_facts() {
        let facts = evidence(vec![
            ("events", Fact::Events { events: vec!["Refused: limit of 11".to_owned()] }),
            ("node", Fact::Object { object: json!({"status": "greater than 11"}) }),
        ]);
        let judged = |words: &[&str]| {
            let claim = Claim::Told {
                facts: vec!["events".to_owned(), "node".to_owned()],
                words: words.iter().map(|word| (*word).to_owned()).collect(),
            };
            judge(&claim, &facts)
        };
        assert_eq!(judged(&["limit of 11", "greater"]), Judgement::Holds);
        assert!(matches!(judged(&["limit of 12"]), Judgement::Violated { .. }));
    }
}
