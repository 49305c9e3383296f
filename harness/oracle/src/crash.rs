//! Whether processes were ended where they were to be. A step that was not
//! reached says nothing of the target.

use std::collections::BTreeSet;

use facts::Claim;

use crate::look::{Look, Verdict};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    let Claim::KilledAt { steps, crashes, least } = claim else {
        return Err("not a claim about ends of processes".to_owned());
    };
    let steps = look.steps(steps)?;
    let mut reached = BTreeSet::new();
    for name in crashes {
        let crash = look.crash(name)?;
        if !crash.killed {
            return Err(format!(
                "the {} was not killed at {}: {}",
                crash.process, crash.at, crash.ended
            ));
        }
        if !steps.contains(&crash.at) {
            return Err(format!("step {} was not seen when nothing went wrong", crash.at));
        }
        reached.insert(&crash.at);
    }
    if reached.len() < *least {
        return Err(format!("{} of {least} steps were reached", reached.len()));
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge;
    use facts::crash::Crash;
    use facts::{Evidence, Fact, Judgement};

    fn judged(killed: bool, at: &str, least: usize) -> Judgement {
        let mut evidence = Evidence::default();
        let crash = Crash {
            process: "agent".to_owned(),
            at: at.to_owned(),
            killed,
            ended: "it runs".to_owned(),
        };
        evidence.put("kill", Fact::Crash(crash));
        evidence.put("steps", Fact::Steps { steps: vec!["a:1".to_owned()] });
        let (steps, crashes) = ("steps".to_owned(), vec!["kill".to_owned()]);
        judge(&Claim::KilledAt { steps, crashes, least }, &evidence)
    }

    #[test]
    fn what_was_not_reached_decides_nothing() {
        assert_eq!(judged(true, "a:1", 1), Judgement::Holds);
        for undecided in [judged(false, "a:1", 1), judged(true, "b:1", 1), judged(true, "a:1", 2)] {
            assert!(matches!(undecided, Judgement::CantTell { .. }), "{undecided:?}");
        }
    }
}
