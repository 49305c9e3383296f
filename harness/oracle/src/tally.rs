//! What must not pile up (FLT-9), and drops that must not be (FLT-13).

use facts::Claim;
use facts::tally::{Marathon, Tally};

use crate::look::{Look, Verdict, short, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    if let Claim::NoneDropped { before, after, control } = claim {
        return none_dropped(look, [before, after, control]);
    }
    let Claim::NothingGrew { before, after, marathon, slack, spare, control } = claim else {
        return Err("not a claim about what piles up".to_owned());
    };
    let (before, after) = (look.tally(before)?, look.tally(after)?);
    let marathon = look.marathon(marathon)?;
    let mut found = Vec::new();
    if marathon.failed > 0 {
        let calls = short(&marathon.failures.join("; "));
        let observed = format!("{} failed: {calls}", marathon.failed);
        found.push(violation("calls that nobody disturbed", "success", observed));
    } else {
        tells(before, look.tally(control)?, marathon)?;
    }
    for (what, old) in &before.counts {
        let new = after.counts.get(what).ok_or_else(|| format!("{what} was counted once only"))?;
        if new != old {
            found.push(violation(what, old.to_string(), new.to_string()));
        }
    }
    for (what, old) in &before.at_most {
        let new =
            after.at_most.get(what).ok_or_else(|| format!("{what} were counted once only"))?;
        if *new > old + spare {
            let expected = format!("{} at most", old + spare);
            found.push(violation(what, expected, new.to_string()));
        }
    }
    for (what, old) in &before.bytes {
        let new = after.bytes.get(what).ok_or_else(|| format!("{what} was counted once only"))?;
        if *new > old + slack {
            let expected = format!("{} bytes at most", old + slack);
            found.push(violation(what, expected, new.to_string()));
        }
    }
    Ok(found)
}

fn none_dropped(look: &Look<'_>, names: [&String; 3]) -> Verdict {
    let count = |name: &String| {
        let value = look.value(name)?.as_u64();
        value.ok_or_else(|| format!("{name:?} is no count"))
    };
    let [before, after, control] = [count(names[0])?, count(names[1])?, count(names[2])?];
    if control <= after {
        return Err("the packet that had to be dropped was not counted".to_owned());
    }
    let found =
        violation("packets dropped for their reverse path", before.to_string(), after.to_string());
    Ok(if after == before { Vec::new() } else { vec![found] })
}

/// Whether the counts could have shown anything.
fn tells(before: &Tally, between: &Tally, marathon: &Marathon) -> Result<(), String> {
    let Marathon { sandboxes, succeeded, killed, doubled, lost, .. } = marathon;
    if [killed, doubled, lost].contains(&&0) {
        let had = format!("{killed} killed, {doubled} doubled, {lost} lost");
        return Err(format!("not every disturbance was there: {had}"));
    }
    if succeeded < sandboxes {
        return Err(format!(
            "{succeeded} calls of {sandboxes} sandboxes succeeded, too few to tell"
        ));
    }
    if before.counts.is_empty() || !before.differs(between) {
        return Err("the counts are the same with pods and without".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::tally::NAMESPACES;
    use facts::{Evidence, Fact, Judgement};

    fn tally(links: u64, memory: u64) -> Fact {
        Fact::Tally(Tally {
            counts: [("links".to_owned(), links)].into(),
            at_most: [("descriptors".to_owned(), links + 4)].into(),
            bytes: [("memory".to_owned(), memory)].into(),
        })
    }

    fn open(descriptors: u64) -> Fact {
        let Fact::Tally(mut tally) = tally(3, 1000) else { unreachable!("a count") };
        tally.at_most.insert("descriptors".to_owned(), descriptors);
        Fact::Tally(tally)
    }

    fn judged(after: Fact, marathon: Marathon) -> Judgement {
        let mut evidence = Evidence::default();
        evidence.put("before", tally(3, 1000));
        evidence.put("between", tally(11, 1000));
        evidence.put("after", after);
        evidence.put("marathon", Fact::Marathon(marathon));
        let [before, after, control, marathon] =
            ["before", "after", "between", "marathon"].map(str::to_owned);
        let claim = Claim::NothingGrew { before, after, marathon, slack: 100, spare: 2, control };
        crate::judge(&claim, &evidence)
    }

    fn run() -> Marathon {
        Marathon {
            sandboxes: 10,
            succeeded: 19,
            killed: 1,
            doubled: 1,
            lost: 1,
            ..Marathon::default()
        }
    }

    #[test]
    fn counts_must_come_back_and_bytes_nearly() {
        assert_eq!(judged(tally(3, 1100), run()), Judgement::Holds);
        assert_eq!(judged(open(9), run()), Judgement::Holds);
        for (after, words) in [
            (tally(4, 1000), "links: expected 3, observed 4"),
            (tally(2, 1000), "links: expected 3, observed 2"),
            (open(10), "descriptors: expected 9 at most, observed 10"),
            (tally(3, 1101), "memory: expected 1100 bytes at most, observed 1101"),
        ] {
            let Judgement::Violated { violations } = judged(after, run()) else { panic!() };
            assert_eq!(violations[0].to_string(), words);
        }
    }

    #[test]
    fn a_count_of_drops_stands_still_while_it_could_move() {
        let judged = |counts: [u64; 3]| {
            let mut evidence = Evidence::default();
            for (name, count) in ["before", "after", "control"].iter().zip(counts) {
                evidence.put(*name, Fact::Value { value: count.into() });
            }
            let [before, after, control] = ["before", "after", "control"].map(str::to_owned);
            crate::judge(&Claim::NoneDropped { before, after, control }, &evidence)
        };
        assert_eq!(judged([2, 2, 3]), Judgement::Holds);
        assert!(matches!(judged([2, 3, 4]), Judgement::Violated { .. }));
        assert!(matches!(judged([2, 2, 2]), Judgement::CantTell { .. }));
    }

    #[test]
    fn an_undisturbed_call_must_not_fail() {
        let failures = vec!["DEL c1: no".to_owned()];
        for succeeded in [19, 0] {
            let marathon = Marathon { failed: 1, failures: failures.clone(), succeeded, ..run() };
            let judgement = judged(tally(3, 1000), marathon);
            assert!(matches!(judgement, Judgement::Violated { .. }));
        }
    }

    #[test]
    fn a_run_without_disturbance_or_success_tells_nothing() {
        for marathon in [
            Marathon { killed: 0, ..run() },
            Marathon { doubled: 0, ..run() },
            Marathon { lost: 0, ..run() },
            Marathon { succeeded: 9, ..run() },
        ] {
            assert!(matches!(judged(tally(3, 1000), marathon), Judgement::CantTell { .. }));
        }
    }

    #[test]
    fn namespaces_alone_show_no_pod() {
        let with = |namespaces: u64| {
            let Fact::Tally(mut tally) = tally(3, 1000) else { unreachable!("a count") };
            tally.counts.insert(NAMESPACES.to_owned(), namespaces);
            Fact::Tally(tally)
        };
        let mut evidence = Evidence::default();
        evidence.put("before", with(1));
        evidence.put("between", with(9));
        evidence.put("after", with(1));
        evidence.put("marathon", Fact::Marathon(run()));
        let [before, after, control, marathon] =
            ["before", "after", "between", "marathon"].map(str::to_owned);
        let claim = Claim::NothingGrew { before, after, marathon, slack: 100, spare: 2, control };
        assert!(matches!(crate::judge(&claim, &evidence), Judgement::CantTell { .. }));
    }
}
