//! Rows that can be understood in more than one way.

use facts::Outcome;

/// The outcome of a disputed row or scenario, from its outcome under each reading.
///
/// With a claimed reading, that one counts. Without one, a passed reading is a
/// pass; else, as long as some reading may still pass, nothing has failed.
pub fn settle(readings: &[(&str, Outcome)], claimed: Option<&str>) -> Outcome {
    if let Some(claimed) = claimed {
        let claimed = readings.iter().find(|(name, _)| *name == claimed);
        return claimed.map_or(Outcome::CantTell, |(_, outcome)| *outcome);
    }
    let outcomes = || readings.iter().map(|(_, outcome)| *outcome);
    let passed = outcomes().any(|outcome| outcome == Outcome::Passed);
    if !passed && outcomes().any(|outcome| outcome == Outcome::Error) {
        return Outcome::Error;
    }
    let applicable = outcomes().filter(|outcome| *outcome != Outcome::Inapplicable);
    applicable.min().unwrap_or_else(|| Outcome::roll_up(outcomes()))
}

#[cfg(test)]
mod tests {
    use super::settle;
    use facts::Outcome::{self, CantTell, Error, Failed, Inapplicable, Passed, Untested};
    use rstest::rstest;

    #[rstest]
    #[case::the_document(Passed, Failed, None, Passed)]
    #[case::upstream(Failed, Passed, None, Passed)]
    #[case::either(Passed, Passed, None, Passed)]
    #[case::neither(Failed, Failed, None, Failed)]
    #[case::one_may_still_pass(Failed, CantTell, None, CantTell)]
    #[case::one_was_not_tried(Failed, Untested, None, Untested)]
    #[case::the_harness_broke(Failed, Error, None, Error)]
    #[case::the_harness_broke_later(Passed, Error, None, Passed)]
    #[case::inapplicable(Inapplicable, Inapplicable, None, Inapplicable)]
    #[case::claimed_and_met(Passed, Failed, Some("document"), Passed)]
    #[case::claimed_but_the_other_met(Failed, Passed, Some("document"), Failed)]
    #[case::claimed_and_undecided(CantTell, Passed, Some("document"), CantTell)]
    #[case::no_such_reading(Passed, Passed, Some("mine"), CantTell)]
    fn a_claimed_reading_counts_else_the_best(
        #[case] document: Outcome,
        #[case] upstream: Outcome,
        #[case] claimed: Option<&str>,
        #[case] expected: Outcome,
    ) {
        let readings = [("document", document), ("upstream", upstream)];
        assert_eq!(settle(&readings, claimed), expected);
    }

    #[test]
    fn no_reading_at_all_is_untested() {
        assert_eq!(settle(&[], None), Untested);
    }
}
