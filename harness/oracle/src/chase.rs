//! Whether ever another pod answered than the one that was meant (FLT-1).

use facts::Claim;
use facts::chase::{Chase, Chases};

use crate::look::{Look, Verdict, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    let Claim::OnlyTheMeant { chases, least, rest, counted } = claim else {
        return Err("not a claim about pods that are meant".to_owned());
    };
    let seen = look.chases(chases)?;
    let mut found: Vec<_> = seen.chases.iter().flat_map(strangers).collect();
    let hasty = seen.reused_after.iter().filter(|millis| **millis < *rest);
    found.extend(hasty.map(|millis| {
        let expected = format!("{rest} ms or more");
        violation("rest of an address that was given again", expected, format!("{millis} ms"))
    }));
    // A wrong answer is one, whatever else there was; that there was none needs more.
    if found.is_empty() {
        tells(seen, *least, counted)?;
    }
    found.truncate(10);
    Ok(found)
}

fn strangers(chase: &Chase) -> impl Iterator<Item = facts::Violation> {
    let Chase { client, meant, target, answers, .. } = chase;
    let others = answers.iter().filter(move |(by, _)| *by != meant);
    others.map(move |(by, count)| {
        let object = format!("tries from {client} to {target}");
        violation(object, format!("answers by {meant}"), format!("{count} by {by}"))
    })
}

/// Whether a wrong answer could have been seen: the right pods answered, clients went
/// on after DEL, and addresses were given again.
fn tells(seen: &Chases, least: u64, counted: &[u64; 3]) -> Result<(), String> {
    let (tries, answers) = (seen.tries(), seen.answers());
    let Some(soonest) = seen.soonest() else {
        return Err("no address was given again".to_owned());
    };
    if *counted != [tries, answers, soonest] {
        return Err(format!("the tries were not {counted:?}"));
    }
    if tries < least {
        return Err(format!("{tries} of {least} tries were made"));
    }
    let idle = |chase: &&Chase| chase.answers.is_empty() || chase.late == 0;
    match seen.chases.iter().find(idle) {
        Some(Chase { client, target, late: 0, .. }) => {
            Err(format!("{client} did not try {target} after DEL"))
        }
        Some(Chase { client, target, .. }) => Err(format!("{target} never answered {client}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::{Evidence, Fact, Judgement};
    use rstest::rstest;

    fn chase(late: u64, answers: &[(&str, u64)]) -> Chase {
        Chase {
            client: "pod z".to_owned(),
            meant: "u1".to_owned(),
            target: [10, 0, 0, 5].into(),
            tcp: 10,
            udp: 10,
            late,
            answers: answers.iter().map(|(by, count)| ((*by).to_owned(), *count)).collect(),
        }
    }

    #[rstest]
    #[case::right(chase(4, &[("u1", 15)]), &[900], Some(true))]
    #[case::stranger(chase(4, &[("u1", 15), ("u2", 1)]), &[900], Some(false))]
    #[case::hasty(chase(4, &[("u1", 15)]), &[900, 499], Some(false))]
    #[case::never_again(chase(4, &[("u1", 15)]), &[], None)]
    #[case::never_answered(chase(4, &[]), &[900], None)]
    #[case::never_late(chase(0, &[("u1", 15)]), &[900], None)]
    fn only_the_meant_pod_may_answer(
        #[case] chase: Chase,
        #[case] reused_after: &[u64],
        #[case] holds: Option<bool>,
    ) {
        let seen = Chases { chases: vec![chase], reused_after: reused_after.to_vec() };
        let counted = [seen.tries(), seen.answers(), seen.soonest().unwrap_or_default()];
        let mut evidence = Evidence::default();
        evidence.put("c", Fact::Chases(seen));
        let judged = |least, counted| {
            let chases = "c".to_owned();
            let claim = Claim::OnlyTheMeant { chases, least, rest: 500, counted };
            match crate::judge(&claim, &evidence) {
                Judgement::Holds => Some(true),
                Judgement::Violated { .. } => Some(false),
                Judgement::CantTell { .. } => None,
            }
        };
        assert_eq!(judged(20, counted), holds);
        assert_ne!(judged(21, counted), Some(true), "too few tries");
        assert_ne!(judged(20, [1, 1, 1]), Some(true), "told otherwise than stored");
    }
}
