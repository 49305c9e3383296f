//! Whether state files were damaged at all. A file that was not there, or reads as
//! before, says nothing of the target.

use facts::Claim;

use crate::look::{Look, Verdict};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    let Claim::Damaged { damages } = claim else {
        return Err("not a claim about damaged files".to_owned());
    };
    let mut changed = false;
    for name in damages {
        let damage = look.damage(name)?;
        if damage.before.is_none() {
            return Err(format!("the agent left no file {}", damage.path));
        }
        changed |= damage.before != damage.after;
    }
    if !changed {
        return Err("no state file was changed".to_owned());
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge;
    use facts::damage::Damage;
    use facts::{Evidence, Fact, Judgement};

    fn judged(files: &[(Option<&str>, Option<&str>)]) -> Judgement {
        let mut evidence = Evidence::default();
        let file = |digest: Option<&str>| digest.map(|digest| (1, digest.to_owned()));
        for (number, (before, after)) in files.iter().enumerate() {
            let damage = Damage {
                path: "/state".to_owned(),
                how: "cut off".to_owned(),
                before: file(*before),
                after: file(*after),
            };
            let name = number.to_string();
            evidence.put(&name, Fact::Damage(damage));
        }
        let damages = (0..files.len()).map(|number| number.to_string()).collect();
        judge(&Claim::Damaged { damages }, &evidence)
    }

    #[test]
    fn one_changed_file_is_damage_and_none_decides_nothing() {
        let (a, b) = (Some("a"), Some("b"));
        assert_eq!(judged(&[(a, b), (a, a)]), Judgement::Holds);
        assert_eq!(judged(&[(a, None)]), Judgement::Holds);
        for undecided in [judged(&[]), judged(&[(a, a)]), judged(&[(None, b), (a, b)])] {
            assert!(matches!(undecided, Judgement::CantTell { .. }), "{undecided:?}");
        }
    }
}
