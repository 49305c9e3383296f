//! Many callers of one cloud: whether they come in step, and whether each gets its
//! share (FLT-7).

use std::collections::{BTreeMap, BTreeSet};

use facts::Claim;
use facts::cloud::CloudCall;

use crate::look::{Look, Verdict, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::NoPeak { calls, action, millis, most } => {
            no_peak(look.calls(calls)?, action, *millis, *most)
        }
        Claim::Fair { calls, action, instances, times } => {
            fair(look.calls(calls)?, action, instances, *times)
        }
        _ => Err("not a claim about many callers".to_owned()),
    }
}

fn no_peak(calls: &[CloudCall], action: &str, millis: u64, most: usize) -> Verdict {
    let again = repeated(calls, action);
    if again.is_empty() {
        return Err(format!("no call of {action} was made again"));
    }
    let together =
        |from: &u64| again.iter().filter(|at| (*from..from + millis).contains(at)).count();
    let peak = again.iter().map(|from| (together(from), *from)).max();
    Ok(peak
        .filter(|(count, _)| *count > most)
        .map(|(count, from)| {
            let object = format!("repeated calls of {action} in {millis} ms");
            violation(object, format!("{most} at most"), format!("{count} from {from} on"))
        })
        .into_iter()
        .collect())
}

/// When calls were made that had been made before: the same token again, or any call
/// without one after a refusal.
fn repeated(calls: &[CloudCall], action: &str) -> Vec<u64> {
    let (mut tokens, mut refused, mut again) = (BTreeSet::new(), false, Vec::new());
    for call in calls.iter().filter(|call| call.action == action) {
        let before = match call.params.get("ClientToken") {
            Some(token) => !tokens.insert(token),
            None => refused,
        };
        if before {
            again.push(call.at_millis);
        }
        refused |= call.error.is_some();
    }
    again
}

fn fair(calls: &[CloudCall], action: &str, instances: &[String], times: u64) -> Verdict {
    let start = calls.first().map_or(0, |call| call.at_millis);
    let mut served: BTreeMap<&str, u64> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.action == action && call.error.is_none()) {
        if let Some(instance) = &call.instance {
            served.entry(instance).or_insert(call.at_millis.saturating_sub(start));
        }
    }
    let waits: Vec<Option<u64>> =
        instances.iter().map(|instance| served.get(instance.as_str()).copied()).collect();
    let without = waits.iter().filter(|wait| wait.is_none()).count();
    if without > 0 {
        let object = format!("instances for which {action} never worked");
        return Ok(vec![violation(object, "none", without.to_string())]);
    }
    let mut waits: Vec<u64> = waits.into_iter().flatten().collect();
    waits.sort_unstable();
    let (Some(middle), Some(last)) = (waits.get(waits.len() / 2), waits.last()) else {
        return Err("no instances were named".to_owned());
    };
    if *last > middle * times {
        let expected =
            format!("{} ms at most, as the middle one waited {middle} ms", middle * times);
        let object = format!("wait of the last instance for {action}");
        return Ok(vec![violation(object, expected, format!("{last} ms"))]);
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(at: u64, token: &str, instance: &str, error: Option<&str>) -> CloudCall {
        CloudCall {
            at_millis: at,
            action: "Attach".to_owned(),
            params: [("ClientToken".to_owned(), token.to_owned())].into(),
            instance: Some(instance.to_owned()),
            error: error.map(str::to_owned),
            ..CloudCall::default()
        }
    }

    #[test]
    fn repeated_calls_must_not_come_together() {
        let first = (0..9).map(|n| call(0, &n.to_string(), "i", Some("Throttling")));
        let spread = (0..9).map(|n| call(100 * n + 500, &n.to_string(), "i", None));
        let apart: Vec<_> = first.clone().chain(spread).collect();
        assert_eq!(no_peak(&apart, "Attach", 250, 3), Ok(Vec::new()));
        let step = (0..9).map(|n| call(500 + n, &n.to_string(), "i", None));
        let together: Vec<_> = first.clone().chain(step).collect();
        let found = no_peak(&together, "Attach", 250, 3).unwrap();
        assert_eq!(found[0].observed, "9 from 500 on");
        let once: Vec<_> = first.collect();
        assert!(no_peak(&once, "Attach", 250, 3).is_err());
    }

    #[test]
    fn everybody_is_served_and_nobody_waits_much_longer() {
        let calls = |late: u64| {
            [(0, "a"), (100, "b"), (late, "c")].map(|(at, i)| call(at, i, i, None)).to_vec()
        };
        let instances = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(fair(&calls(300), "Attach", &instances, 3), Ok(Vec::new()));
        assert_eq!(fair(&calls(301), "Attach", &instances, 3).unwrap().len(), 1);
        let more = ["a", "b", "c", "d"].map(str::to_owned);
        assert_eq!(fair(&calls(300), "Attach", &more, 3).unwrap()[0].observed, "1");
    }
}
