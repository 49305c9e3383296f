//! Text that tries to break out of the page.

use facts::Judgement;
use report::Report;
use report::record::{Exclusion, Trouble, TroubleKind};

use super::{between, page};
use crate::{report_of, sample};

const HOSTILE: &str = "</script></style>--><img src=x onerror=alert(1)>\"'{{ page }}\u{1b}";

/// A run in which all that others can say tries to break out.
pub(super) fn hostile() -> Report {
    let text = || HOSTILE.to_owned();
    let mut run = sample::record();
    (run.run, run.reproduce, run.suite.version) = (text(), text(), text());
    run.suite.commit = Some(text());
    (run.target.name, run.target.organisation, run.target.version) = (text(), text(), text());
    run.target.capabilities.insert(text(), true);
    run.target.profiles.push(text());
    (run.environment.kernel, run.environment.kubernetes) = (text(), Some(text()));
    run.environment.missing.push(text());
    run.selection.profiles.push(text());
    run.selection.filters.push(text());
    run.exclusions.push(Exclusion { id: text(), reason: text() });
    run.troubles.push(Trouble { kind: TroubleKind::Gate, text: text() });
    run.leaks.push(text());
    for scenario in &mut run.scenarios {
        (scenario.id, scenario.name, scenario.feature) = (text(), text(), text());
        (scenario.error, scenario.evidence) = (Some(text()), Some(text()));
        (scenario.reproduce, scenario.tags) = (text(), vec![text()]);
        scenario.readings.iter_mut().for_each(|reading| reading.reading = text());
        scenario.steps.iter_mut().for_each(|step| (step.keyword, step.text) = (text(), text()));
        if let Some(reason) = &mut scenario.reason {
            reason.text = text();
        }
        for claim in &mut scenario.claims {
            (claim.words, claim.reading) = (text(), Some(text()));
            if let Judgement::Violated { violations } = &mut claim.judgement {
                for violation in violations {
                    (violation.object, violation.expected) = (text(), text());
                    violation.observed = text();
                }
            }
        }
    }
    let mut report = report_of(run);
    for row in &mut report.verdict.rows {
        (row.section, row.demand, row.shows) = (text(), text(), text());
        (row.also_untested, row.claimed) = (Some(text()), Some(text()));
        row.not_covered = row.not_covered.as_ref().map(|_| text());
        row.sources.iter_mut().for_each(|source| source.document = text());
        row.readings.iter_mut().for_each(|said| (said.name, said.says) = (text(), text()));
    }
    report
}

#[test]
fn nothing_breaks_out_of_the_markup() {
    let html = page(&hostile());
    assert_eq!(html.matches("<img").count(), 0);
    assert_eq!(html.matches("</script").count(), 2);
    assert_eq!(html.matches("</style").count(), 1);
    assert!(html.matches("&lt;&#x2f;script&gt;").count() > 300);
    for target in between(&html, "href=\"", "\"") {
        assert!(target.starts_with('#'), "{target}");
    }
}
