//! A pool against the pods it follows: bounds after each wave, and calls of the
//! cloud against the fewest that would have done.

use facts::claim::Wave;
use facts::cloud::CloudCall;
use facts::{Claim, Violation};

use crate::look::{Look, Verdict, violation};

/// Addresses that one call of the cloud assigns or takes back at most.
const BATCH: usize = 10;

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    let Claim::PoolFollows { instance, min, max, waves } = claim else {
        return Err("not a claim about a pool".to_owned());
    };
    if !(both_ways(waves)) {
        return Err("pods did not both come and go".to_owned());
    }
    let (mut found, mut least, mut lazy, mut made) = (Vec::new(), 0, 0, 0);
    for (number, wave) in waves.iter().enumerate() {
        let (low, high) = (wave.pods + min, wave.pods + max);
        found.extend(out_of_bounds(look, instance, number, wave, [low, high])?);
        let next = lazy.max(low).min(high);
        least += lazy.abs_diff(next).div_ceil(BATCH);
        lazy = next;
        made += look.calls(&wave.calls)?.iter().filter(|call| moves(call)).count();
    }
    // A pool that cannot know what comes next may take one call more each wave.
    let most = least + waves.len();
    if made > most {
        found.push(violation(
            "calls that assign addresses or take them back",
            format!("{most} at most in {} waves, of which {least} are needed", waves.len()),
            made.to_string(),
        ));
    }
    Ok(found)
}

fn both_ways(waves: &[Wave]) -> bool {
    let pods: Vec<usize> = [0].into_iter().chain(waves.iter().map(|wave| wave.pods)).collect();
    let steps = || pods.iter().zip(&pods[1..]);
    steps().any(|(before, after)| after > before) && steps().any(|(before, after)| after < before)
}

fn out_of_bounds(
    look: &Look<'_>,
    instance: &str,
    number: usize,
    wave: &Wave,
    [low, high]: [usize; 2],
) -> Result<Option<Violation>, String> {
    let enis = look.inventory(&wave.inventory)?.enis.iter();
    let secondary = enis.filter(|eni| eni.kind != "Primary");
    let mine = secondary.filter(|eni| eni.instance.as_deref() == Some(instance));
    let held: usize = mine.map(|eni| eni.ipv4.len()).sum();
    let object = format!("IPv4 addresses after wave {} with {} pods", number + 1, wave.pods);
    let seen = || violation(object, format!("{low} to {high}"), held.to_string());
    Ok((!(low..=high).contains(&held)).then(seen))
}

/// Whether a call changed how many IPv4 addresses an instance has.
fn moves(call: &CloudCall) -> bool {
    let actions = [
        "AssignPrivateIpAddresses",
        "UnassignPrivateIpAddresses",
        "CreateNetworkInterface",
        "DetachNetworkInterface",
    ];
    call.error.is_none() && actions.contains(&call.action.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::cloud::{CloudEni, CloudInventory};
    use facts::{Evidence, Fact, Judgement};

    /// Waves of so many pods, after which so many addresses are held, by so many calls.
    fn judged(seen: &[(usize, usize, usize)]) -> Judgement {
        let mut evidence = Evidence::default();
        let mut waves = Vec::new();
        for (number, (pods, held, calls)) in seen.iter().enumerate() {
            let eni = CloudEni {
                kind: "Secondary".to_owned(),
                instance: Some("i-1".to_owned()),
                ipv4: (0..*held).map(|last| format!("10.0.1.{last}")).collect(),
                ..CloudEni::default()
            };
            let call =
                |action: &str| CloudCall { action: action.to_owned(), ..CloudCall::default() };
            let mut all = vec![call("AssignPrivateIpAddresses"); *calls];
            all.push(call("DescribeNetworkInterfaces"));
            let error = Some("Throttling".to_owned());
            all.push(CloudCall { error, ..call("AssignPrivateIpAddresses") });
            let (inventory, calls) = (format!("cloud {number}"), format!("calls {number}"));
            let held = CloudInventory { enis: vec![eni], ..CloudInventory::default() };
            evidence.put(&inventory, Fact::Inventory(held));
            evidence.put(&calls, Fact::Calls { calls: all });
            waves.push(Wave { pods: *pods, inventory, calls });
        }
        let instance = "i-1".to_owned();
        crate::judge(&Claim::PoolFollows { instance, min: 1, max: 5, waves }, &evidence)
    }

    fn said(judgement: Judgement) -> Vec<String> {
        let Judgement::Violated { violations } = judgement else { panic!("{judgement:?}") };
        violations.into_iter().map(|seen| format!("{}: {}", seen.object, seen.observed)).collect()
    }

    #[test]
    fn a_pool_that_follows_with_few_calls_holds() {
        // Needed: one call for 4, two for 13 more (17), two to come down to 5.
        assert_eq!(judged(&[(3, 8, 2), (16, 17, 3), (0, 5, 3)]), Judgement::Holds);
    }

    #[test]
    fn a_pool_beside_its_bounds_does_not() {
        let found = said(judged(&[(3, 9, 1), (0, 0, 1)]));
        let expected = [
            "IPv4 addresses after wave 1 with 3 pods: 9",
            "IPv4 addresses after wave 2 with 0 pods: 0",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_pool_that_goes_to_and_fro_does_not() {
        // Needed: one call for 4, none to stay at 4.
        assert_eq!(judged(&[(3, 4, 2), (0, 4, 1)]), Judgement::Holds);
        let found = said(judged(&[(3, 4, 2), (0, 4, 2)]));
        assert_eq!(found, ["calls that assign addresses or take them back: 4"]);
    }

    #[test]
    fn waves_of_one_kind_show_nothing() {
        assert!(matches!(judged(&[(3, 4, 1), (5, 6, 1)]), Judgement::CantTell { .. }));
    }
}
