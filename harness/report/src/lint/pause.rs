//! Steps that wait for a time: they are slow where they work and flaky where
//! they do not.

/// Whether a step sleeps, or waits for a number of seconds or the like. A
/// deadline, as in `within 10 seconds`, is no pause.
pub(super) fn waits_for_a_time(step: &str) -> bool {
    let step = step.to_lowercase();
    if step.contains("sleep") {
        return true;
    }
    let words: Vec<&str> = step.split_whitespace().collect();
    let waits = |at: usize| words[at].starts_with("wait");
    let unit = |word: &str| {
        ["ms", "s", "sec", "min", "milli"]
            .iter()
            .any(|unit| word == *unit || (unit.len() > 2 && word.starts_with(unit)))
    };
    // `waits 5 seconds`, `wait for 5 s`, `waiting 500ms`.
    (0..words.len()).filter(|at| waits(*at)).any(|at| {
        let rest = &words[at + 1..];
        let rest = rest.strip_prefix(&["for"]).unwrap_or(rest);
        let Some(first) = rest.first() else { return false };
        let after = first.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = after.len() < first.len();
        number && (unit(after) || rest.get(1).is_some_and(|word| unit(word)))
    })
}

#[cfg(test)]
mod tests {
    use super::waits_for_a_time;
    use rstest::rstest;

    #[rstest]
    #[case("the harness sleeps", true)]
    #[case("I Sleep for a while", true)]
    #[case("the user waits 5 seconds", true)]
    #[case("the user waits for 30 s", true)]
    #[case("we wait 500ms", true)]
    #[case("we wait 0.5 sec", true)]
    #[case("the node has waited for 2 minutes", true)]
    #[case("the pod answers within 10 seconds", false)]
    #[case("3 pods wait for an address", false)]
    #[case("the runtime waits for 3 pods", false)]
    #[case("the pool is even after 120 seconds at most", false)]
    fn pauses_are_told_from_deadlines(#[case] step: &str, #[case] pause: bool) {
        assert_eq!(waits_for_a_time(step), pause);
    }
}
