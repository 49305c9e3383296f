//! Objects that were altered: noticed, put back, and nothing else touched.

use facts::drift::Drift;
use facts::{Claim, Violation};

use crate::look::{Look, Verdict, short, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::Repaired { drifts, millis } => {
            let drifts = real(drifts, look)?;
            Ok(drifts.into_iter().filter_map(|drift| unrepaired(drift, *millis)).collect())
        }
        Claim::Noticed { drift, check, control } => {
            let drifts = real(std::slice::from_ref(drift), look)?;
            if !look.call(control)?.succeeded() {
                return Err("CHECK failed before anything was altered".to_owned());
            }
            let missed = look.call(check)?.succeeded();
            let object = drifts.first().map(|drift| drift.object.clone()).unwrap_or_default();
            let seen = violation(format!("CHECK, {object}"), "an error", "success");
            Ok(if missed { vec![seen] } else { Vec::new() })
        }
        Claim::ForeignUntouched { looks, drifts } => {
            real(drifts, look)?;
            if looks.is_empty() {
                return Err("no foreign object was looked at".to_owned());
            }
            let mut found = Vec::new();
            for [before, after] in looks {
                let ((_, was, _), (_, is, _)) = (look.command(before)?, look.command(after)?);
                if was.trim().is_empty() {
                    return Err(format!("{before}: it was not there"));
                }
                if was != is {
                    found.push(violation(before, short(was), short(is)));
                }
            }
            Ok(found)
        }
        _ => Err("not a claim about altered objects".to_owned()),
    }
}

/// The drifts, each of which must have been one.
fn real<'a>(names: &[String], look: &Look<'a>) -> Result<Vec<&'a Drift>, String> {
    if names.is_empty() {
        return Err("there was no object of this kind to alter".to_owned());
    }
    let drifts: Vec<_> = names.iter().map(|name| look.drift(name)).collect::<Result<_, _>>()?;
    match drifts.iter().find(|drift| drift.before == drift.altered) {
        Some(same) => Err(format!("{} changed nothing", same.object)),
        None => Ok(drifts),
    }
}

fn unrepaired(drift: &Drift, most: u64) -> Option<Violation> {
    let Drift { object, before, last, millis, .. } = drift;
    if last != before {
        return Some(violation(
            object,
            short(before),
            format!("{} after {millis} ms", short(last)),
        ));
    }
    let expected = format!("as before within {most} ms");
    (*millis > most).then(|| violation(object, expected, format!("after {millis} ms")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::{Evidence, Fact, Judgement};
    use rstest::rstest;

    use crate::judge;

    fn evidence(altered: &str, last: &str, millis: u64) -> Evidence {
        let text = |text: &str| text.to_owned();
        let drift = Drift {
            object: text("rule 512 removed"),
            before: text("there"),
            altered: text(altered),
            last: text(last),
            millis,
        };
        let mut evidence = Evidence::default();
        evidence.put("d", Fact::Drift(drift));
        evidence
    }

    #[rstest]
    #[case::back("", "there", 900, Some(true))]
    #[case::gone("", "", 15_000, Some(false))]
    #[case::late("", "there", 5001, Some(false))]
    #[case::never_altered("there", "there", 0, None)]
    fn an_altered_object_must_be_back_in_time(
        #[case] altered: &str,
        #[case] last: &str,
        #[case] millis: u64,
        #[case] holds: Option<bool>,
    ) {
        let claim = Claim::Repaired { drifts: vec!["d".to_owned()], millis: 5000 };
        let judged = match judge(&claim, &evidence(altered, last, millis)) {
            Judgement::Holds => Some(true),
            Judgement::Violated { .. } => Some(false),
            Judgement::CantTell { .. } => None,
        };
        assert_eq!(judged, holds);
    }

    #[test]
    fn foreign_objects_count_only_if_they_were_there_and_ours_were_altered() {
        let judged = |before: &str, after: &str, altered: &str| {
            let mut evidence = evidence(altered, "there", 1);
            for (name, stdout) in [("b", before), ("a", after)] {
                let (argv, stderr) = (Vec::new(), String::new());
                let stdout = stdout.to_owned();
                evidence.put(name, Fact::Command { argv, exit: Some(0), stdout, stderr });
            }
            let looks = vec![["b".to_owned(), "a".to_owned()]];
            judge(&Claim::ForeignUntouched { looks, drifts: vec!["d".to_owned()] }, &evidence)
        };
        assert_eq!(judged("rule 77", "rule 77", ""), Judgement::Holds);
        assert!(matches!(judged("rule 77", "", ""), Judgement::Violated { .. }));
        assert!(matches!(judged("", "", ""), Judgement::CantTell { .. }));
        assert!(matches!(judged("rule 77", "rule 77", "there"), Judgement::CantTell { .. }));
    }
}
