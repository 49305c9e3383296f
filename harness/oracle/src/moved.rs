//! Whether an address was answered at its new place in time, and by nobody else (FLT-12).

use std::net::IpAddr;

use facts::claim::Moved;
use facts::cni::CniCall;
use facts::exchange::Protocol;
use facts::track::{Heard, Track};

use crate::cni::{success, told, verb};
use crate::look::{Look, Verdict, violation};

pub(crate) fn decide(claim: &Moved, look: &Look<'_>) -> Verdict {
    let track = look.track(&claim.track)?;
    let adds = [look.call(&claim.first)?, look.call(&claim.second)?];
    for (add, node) in adds.iter().zip(&claim.nodes) {
        had(add, node, track.target)?;
    }
    let [old, new] = [uid(adds[0])?, uid(adds[1])?];
    let due = track.added + claim.millis;
    let mut found = Vec::new();
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let of = |by: &str| {
            track.heard.iter().find(|heard| heard.by == by && heard.protocol == protocol)
        };
        if of(old).is_none_or(|heard| heard.first >= track.added) {
            return Err(format!("{} never answered over {protocol} before", verb(adds[0])));
        }
        let first = of(new).map(|heard| heard.first);
        if first.is_none_or(|first| first > due) {
            let object = format!("first answer over {protocol} to {}", track.client);
            let late = |first: u64| format!("after {} ms", first.saturating_sub(track.added));
            let seen = first.map_or("none".to_owned(), late);
            found.push(violation(object, format!("within {} ms of ADD", claim.millis), seen));
        }
    }
    found.extend(track.heard.iter().filter(|heard| strange(heard, old, new, track)).map(|heard| {
        let object =
            format!("tries from {} to {} over {}", track.client, track.target, heard.protocol);
        violation(object, format!("answers by {new} after ADD"), format!("one by {}", heard.by))
    }));
    if found.is_empty() && track.ended < due {
        return Err(format!("the tries ended after {} ms, {due} were needed", track.ended));
    }
    Ok(found)
}

/// Whether somebody answered who did not have the address then.
fn strange(heard: &Heard, old: &str, new: &str, track: &Track) -> bool {
    heard.by != new && (heard.by != old || heard.last > track.added)
}

/// Refuses an ADD that did not give the address on its node.
fn had(add: &CniCall, node: &str, address: IpAddr) -> Result<(), String> {
    if !success(add).is_empty() || add.node != node {
        return Err(format!("{} did not succeed on {node}", verb(add)));
    }
    if told(add)?.contains(&address) {
        return Ok(());
    }
    Err(format!("{} did not give {address}", verb(add)))
}

fn uid(add: &CniCall) -> Result<&str, String> {
    let args = add.var("CNI_ARGS").split(';');
    let mut uids = args.filter_map(|arg| arg.strip_prefix("K8S_POD_UID="));
    uids.next().ok_or_else(|| format!("{} names no pod", verb(add)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge;
    use facts::{Claim, Evidence, Fact, Judgement};
    use rstest::rstest;
    use serde_json::json;

    fn add(node: &str, uid: &str) -> Fact {
        let env =
            [("CNI_COMMAND", "ADD".to_owned()), ("CNI_ARGS", format!("A=b;K8S_POD_UID={uid}"))];
        Fact::Cni(CniCall {
            plugin: "p".to_owned(),
            node: node.to_owned(),
            env: env.map(|(key, value)| (key.to_owned(), value)).into(),
            stdin: json!({"cniVersion": "1.1.0"}).to_string(),
            exit: Some(0),
            stdout: json!({
                "cniVersion": "1.1.0",
                "interfaces": [{"name": "eth0", "sandbox": "/run/netns/a"}],
                "ips": [{"address": "10.0.0.5/32", "interface": 0}],
            })
            .to_string(),
            stderr: String::new(),
            millis: 1,
        })
    }

    fn judged(last: &str, answers: &[(&str, u64)], ended: u64) -> Option<bool> {
        let target: IpAddr = [10, 0, 0, last.parse().unwrap()].into();
        let client = "pod c".to_owned();
        let mut track = Track { client, target, tries: 9, heard: Vec::new(), added: 500, ended };
        for (by, at) in answers {
            track.hear(by, Protocol::Tcp, *at);
            track.hear(by, Protocol::Udp, *at);
        }
        let mut evidence = Evidence::default();
        evidence.put("track", Fact::Track(track));
        evidence.put("first", add("n1", "u1"));
        evidence.put("second", add("n2", "u2"));
        let [track, first, second] = ["track", "first", "second"].map(str::to_owned);
        let nodes = ["n1", "n2"].map(str::to_owned);
        let claim = Claim::Moved(Moved { track, first, second, nodes, millis: 1000 });
        match judge(&claim, &evidence) {
            Judgement::Holds => Some(true),
            Judgement::Violated { .. } => Some(false),
            Judgement::CantTell { .. } => None,
        }
    }

    #[rstest]
    #[case::moved(&[("u1", 0), ("u1", 300), ("u2", 520)], 1600, Some(true))]
    #[case::late(&[("u1", 0), ("u2", 1501)], 1600, Some(false))]
    #[case::never(&[("u1", 0)], 1600, Some(false))]
    #[case::old_one_goes_on(&[("u1", 0), ("u2", 520), ("u1", 540)], 1600, Some(false))]
    #[case::stranger(&[("u1", 0), ("u3", 300), ("u2", 520)], 1600, Some(false))]
    #[case::never_had(&[("u2", 520)], 1600, None)]
    #[case::too_short(&[("u1", 0), ("u2", 520)], 1400, None)]
    fn the_new_pod_answers_soon_and_alone(
        #[case] answers: &[(&str, u64)],
        #[case] ended: u64,
        #[case] holds: Option<bool>,
    ) {
        assert_eq!(judged("5", answers, ended), holds);
        assert_eq!(judged("6", answers, ended), None, "another address than was given");
    }
}
