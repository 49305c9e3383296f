//! What a node's kernel still names (FLT-3).

use std::collections::BTreeSet;

use crate::look::{Look, Verdict, violation};

/// Words that were named and are not any more.
pub(crate) fn names_none(
    look: &Look<'_>,
    now: &str,
    words: &[String],
    controls: &[String],
) -> Verdict {
    if words.is_empty() {
        return Err("there is nothing to look for".to_owned());
    }
    let mut before = BTreeSet::new();
    for control in controls {
        before.extend(named(look.command(control)?.1));
    }
    if let Some(word) = words.iter().find(|word| !before.contains(word.as_str())) {
        return Err(format!("{word} was named by nothing before, either"));
    }
    let (exit, now, _) = look.command(now)?;
    if exit != Some(0) {
        return Err("the look at the kernel failed".to_owned());
    }
    let there = named(now);
    let left = words.iter().filter(|word| there.contains(word.as_str()));
    let line = |word: &String| {
        let holds = |line: &&str| named(line).contains(word.as_str());
        now.lines().find(holds).unwrap_or_default().trim().to_owned()
    };
    Ok(left.map(|word| violation(format!("{word} in the kernel"), "gone", line(word))).collect())
}

/// Words of a listing, without prefix lengths and punctuation.
fn named(text: &str) -> BTreeSet<&str> {
    text.split(|letter: char| letter.is_whitespace() || "/@,;\"{}".contains(letter))
        .map(|word| word.trim_end_matches(':'))
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use facts::{Claim, Evidence, Fact, Judgement};

    fn judged(now: &str, exit: i32) -> Judgement {
        let mut evidence = Evidence::default();
        let before = "7: cali1@if2: <UP>\nelements = { \"cali1\" . 10.0.0.5 }\n10.0.0.5 dev cali1";
        for (name, stdout, exit) in [("before", before, 0), ("now", now, exit)] {
            let argv = ["nsenter", "--net=n1"].map(str::to_owned).into();
            let (stdout, stderr) = (stdout.to_owned(), String::new());
            evidence.put(name, Fact::Command { argv, exit: Some(exit), stdout, stderr });
        }
        let words = ["cali1", "10.0.0.5"].map(str::to_owned).into();
        let (look, controls) = ("now".to_owned(), vec!["before".to_owned()]);
        crate::judge(&Claim::NamesNone { look, words, controls }, &evidence)
    }

    #[test]
    fn a_word_counts_wherever_it_stands_alone() {
        for clean in ["", "10.0.0.50 dev cali11", "fd00::10.0.0.5a"] {
            assert_eq!(judged(clean, 0), Judgement::Holds, "{clean:?}");
        }
        for left in ["10.0.0.5/32 dev eth1", "8: cali1@if3: up", "{ \"x\" . 10.0.0.5, }", "cali1:"]
        {
            assert!(matches!(judged(left, 0), Judgement::Violated { .. }), "{left:?}");
        }
    }

    #[test]
    fn a_look_that_failed_or_words_that_never_were_tell_nothing() {
        assert!(matches!(judged("", 1), Judgement::CantTell { .. }));
        let nothing = Claim::NamesNone {
            look: "x".to_owned(),
            words: vec!["a".to_owned()],
            controls: Vec::new(),
        };
        let judgement = crate::judge(&nothing, &Evidence::default());
        assert!(matches!(judgement, Judgement::CantTell { .. }));
    }
}
