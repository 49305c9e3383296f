//! What a person reads on a terminal when a run has ended.

mod page;

use facts::Outcome;

use crate::digest;
use crate::glyph;
use crate::json::Report;
use crate::record::ScenarioRecord;
use crate::verdict::{Conformance, Counts, Limitation, ProfileVerdict, RowVerdict};

use page::{Page, Style, harmless};

/// Whether the terminal gets colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI escapes.
    Always,
}

/// The end of a run, the verdict first, in lines of at most 100 columns. Words
/// that are longer, such as paths, stay whole.
///
/// `files` tells where the reports are.
pub fn summary(report: &Report, files: &[String], colour: Colour) -> String {
    let mut page = Page::new(colour);
    verdict(&mut page, report);
    for profile in &report.verdict.profiles {
        profile_line(&mut page, profile, widest(report));
    }
    let failures: Vec<_> = digest::failures(report).collect();
    if !failures.is_empty() {
        page.heading("Failed");
        for scenario in failures {
            failure(&mut page, scenario);
        }
    }
    open(&mut page, report);
    observed(&mut page, report);
    aside(&mut page, report);
    if !files.is_empty() {
        page.heading("Report");
        for file in files {
            page.verbatim(2, &harmless(file));
        }
    }
    page.text
}

fn verdict(page: &mut Page, report: &Report) {
    let verdict = &report.verdict;
    let target = &report.run.target;
    let style = style(verdict.overall);
    let word = verdict.overall.word().to_uppercase();
    page.styled(0, style, &format!("{} {word}", glyph::of_result(verdict.overall)));
    page.line(
        2,
        &format!(
            "{} {} by {}, exit code {}",
            target.name,
            target.version,
            target.organisation,
            verdict.exit_code.code()
        ),
    );
    page.line(2, &digest::headline(verdict));
    for trouble in &report.run.troubles {
        page.styled(2, Style::Bad, &trouble.text);
    }
    if !report.run.complete {
        page.styled(2, Style::Bad, "The run did not come to its end.");
    }
    page.blank();
}

fn widest(report: &Report) -> usize {
    report.verdict.profiles.iter().map(|profile| profile.name.chars().count()).max().unwrap_or(0)
}

fn profile_line(page: &mut Page, profile: &ProfileVerdict, width: usize) {
    let sign = glyph::of_result(profile.result);
    let result = page.paint(style(profile.result), &format!("{sign} {}", profile.result.word()));
    page.verbatim(2, &format!("{:width$}  {result}", harmless(&profile.name)));
    page.line(width + 4, &counts(&profile.counts));
    if profile.counts.not_covered > 0 {
        let told = "demands are not covered by this suite: the verdict says nothing of them";
        page.line(width + 4, &format!("{} {told}", profile.counts.not_covered));
    }
}

/// `11 passed, 1 failed`; what there is none of is left out.
pub(crate) fn counts(counts: &Counts) -> String {
    let told = [
        (counts.passed, "passed"),
        (counts.failed, "failed"),
        (counts.error, "broke the harness"),
        (counts.cant_tell, "cannot tell"),
        (counts.untested, "untested"),
        (counts.inapplicable, "inapplicable"),
        (counts.limitations_present, "limitations present"),
        (counts.limitations_absent, "limitations absent"),
    ];
    let told = told.iter().filter(|(number, _)| *number > 0);
    let told: Vec<String> = told.map(|(number, word)| format!("{number} {word}")).collect();
    if told.is_empty() { "nothing ran".to_owned() } else { told.join(", ") }
}

fn failure(page: &mut Page, scenario: &ScenarioRecord) {
    let rows: Vec<&str> = scenario.rows.iter().map(crate::RowId::as_str).collect();
    let sign = glyph::of_outcome(scenario.outcome);
    page.styled(2, Style::Bad, &format!("{sign} {} ({})", scenario.name, rows.join(", ")));
    page.line(4, &format!("{}:{}", scenario.feature, scenario.line));
    let ended = |outcome| matches!(outcome, Outcome::Failed | Outcome::Error);
    if let Some(step) = scenario.steps.iter().find(|step| ended(step.outcome)) {
        page.line(4, &format!("{} {}", step.keyword, step.text));
    }
    if let Some(error) = &scenario.error {
        page.line(4, error);
    }
    if let Some(first) = scenario.violations().next() {
        page.line(4, &first.object);
        page.item(6, "expected  ", &first.expected);
        page.item(6, "observed  ", &first.observed);
    }
    let more = scenario.violations().count().saturating_sub(1);
    if more > 0 {
        page.line(4, &format!("and {more} more, see the report"));
    }
    divergence(page, scenario);
    page.command(4, &scenario.reproduce);
}

/// Where the scenario first differs, when that is not where the claim does.
fn divergence(page: &mut Page, scenario: &ScenarioRecord) {
    let Some(record) = &scenario.divergence else { return };
    let found = &record.found;
    if scenario.violations().all(|violation| violation.object != found.object) {
        page.item(4, "first at  ", &format!("{}: {}", found.object, found.seen));
    }
    if let Some(row) = &record.row {
        let place = record.document();
        let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
        page.item(4, "wanted by ", &format!("{row}{place}"));
    }
}

fn open(page: &mut Page, report: &Report) {
    let mut last = None;
    for open in digest::gaps(&report.verdict) {
        if open.outcome == Outcome::Error {
            continue;
        }
        if last.replace(open.outcome) != Some(open.outcome) {
            page.heading(match open.outcome {
                Outcome::CantTell => "Cannot tell",
                Outcome::Inapplicable => "Inapplicable",
                _ => "Untested",
            });
        }
        let mut rows: Vec<&str> = open.gaps.iter().map(|gap| gap.row.as_str()).collect();
        rows.dedup();
        let sign = page.paint(Style::Open, glyph::of_outcome(open.outcome));
        page.verbatim(2, &format!("{sign} {}", rows.join(", ")));
        page.line(4, &open.words());
    }
}

/// Readings that were matched, and limitations that were seen.
fn observed(page: &mut Page, report: &Report) {
    let rows = || digest::weighing(&report.verdict).filter(|row| !row.scenarios.is_empty());
    if rows().any(|row| !row.readings.is_empty()) {
        page.heading("Readings");
        for row in rows().filter(|row| !row.readings.is_empty()) {
            reading(page, row);
        }
    }
    if rows().any(|row| row.limitation.is_some()) {
        page.heading("Limitations that the document admits");
        for row in rows() {
            match row.limitation {
                Some(Limitation::Present) => page.line(2, &format!("{} present", row.id)),
                Some(Limitation::Absent) => page.line(2, &format!("{} absent", row.id)),
                None => {}
            }
        }
    }
}

fn reading(page: &mut Page, row: &RowVerdict) {
    let matched: Vec<&str> = row.matched().collect();
    let matched = if matched.is_empty() { "none".to_owned() } else { matched.join(" and ") };
    let claimed = row.claimed.as_ref().map_or(String::new(), |name| format!(", claimed {name}"));
    page.line(2, &format!("{} matched {matched}{claimed}", row.id));
}

/// What weighs nothing and is still worth a look.
fn aside(page: &mut Page, report: &Report) {
    let failed = report.verdict.outside().filter(|row| row.outcome == Outcome::Failed);
    let failed: Vec<&str> = failed.map(|row| row.id.as_str()).collect();
    if !failed.is_empty() {
        page.heading("Failed outside the selected profiles, and weighing nothing");
        page.line(2, &failed.join(", "));
    }
    if !report.run.leaks.is_empty() {
        page.heading("Left behind");
        for leak in &report.run.leaks {
            page.line(2, leak);
        }
    }
}

fn style(result: Conformance) -> Style {
    match result {
        Conformance::Conformant => Style::Good,
        Conformance::Partial | Conformance::Inconclusive => Style::Open,
        Conformance::NonConformant => Style::Bad,
    }
}
