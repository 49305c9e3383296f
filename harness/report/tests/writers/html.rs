//! `report.html`.

mod divergence;
mod hostile;

use std::collections::BTreeSet;

use facts::Outcome;
use report::html::html;
use report::record::{Reason, RunRecord, Trouble, TroubleKind, Why};
use report::{Exit, Report};
use rstest::rstest;

use crate::{report_of, sample};
use hostile::hostile;

fn page(report: &Report) -> String {
    html(report).expect("HTML")
}

fn of(run: RunRecord) -> String {
    page(&report_of(run))
}

/// What stands between the marks, wherever both stand.
fn between<'a>(html: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let after = html.split(from).skip(1);
    after.map(|rest| rest.split(to).next().unwrap_or_default()).collect()
}

/// The element that begins so, to the first end of its kind.
fn element<'a>(html: &'a str, begin: &str, end: &str) -> &'a str {
    let found = between(html, begin, end);
    assert_eq!(found.len(), 1, "{begin}");
    found[0]
}

/// A run of which every scenario passed.
fn passing() -> RunRecord {
    let mut run = sample::record();
    run.selection.profiles = vec!["cni".to_owned()];
    (run.exclusions, run.leaks) = (Vec::new(), Vec::new());
    let holds = run.scenarios[0].claims.clone();
    for scenario in &mut run.scenarios {
        (scenario.outcome, scenario.reason) = (Outcome::Passed, None);
        scenario.claims.clone_from(&holds);
        scenario.steps.iter_mut().for_each(|step| step.outcome = Outcome::Passed);
    }
    run
}

#[test]
fn the_file_needs_nothing_but_itself() {
    let html = of(sample::record());
    for outside in ["http:", "https:", " src=", "<link", "@import", "url(", "<iframe", "<base"] {
        assert_eq!(html.matches(outside).count(), 0, "{outside}");
    }
    for target in between(&html, "href=\"", "\"") {
        // The engine writes `/` as a reference.
        assert!(target.starts_with('#') || target.starts_with("evidence&#x2f;"), "{target}");
    }
    let policy = "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';";
    assert!(html.contains(policy));
}

#[rstest]
#[case::a_sample(report_of(sample::record()))]
#[case::hostile(hostile())]
#[case::passing(report_of(passing()))]
fn the_json_in_it_is_the_report(#[case] report: Report) {
    let html = page(&report);
    let begin = "<script type=\"application/json\" id=\"report\">";
    let json = element(&html, begin, "</script>");
    assert!(!json.contains('<'));
    assert_eq!(Report::from_json(json).unwrap(), report);
}

#[rstest]
#[case::a_sample(report_of(sample::record()))]
#[case::hostile(hostile())]
#[case::passing(report_of(passing()))]
fn what_is_opened_is_closed(#[case] report: Report) {
    let html = page(&report);
    let html = html.split("<script").next().unwrap();
    let names = "header nav main section article details summary table caption thead tbody tr th \
        td ul ol li dl dt dd div p span b h1 h2 h3 h4 a pre code style";
    for name in names.split_whitespace().filter(|name| *name != "main") {
        let open = [format!("<{name}>"), format!("<{name} ")];
        let open: usize = open.iter().map(|tag| html.matches(tag).count()).sum();
        assert_eq!(open, html.matches(&format!("</{name}>")).count(), "{name}");
    }
}

#[test]
fn every_link_inside_leads_somewhere_and_no_id_stands_twice() {
    let html = of(sample::record());
    let listed = between(&html, " id=\"", "\"");
    let ids: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(ids.len(), listed.len());
    for target in between(&html, "href=\"#", "\"") {
        assert!(ids.contains(target), "{target}");
    }
}

#[test]
fn every_row_of_the_ledger_stands_once() {
    let report = report_of(sample::record());
    let html = page(&report);
    assert_eq!(html.matches("<tr class=\"row\"").count(), report.verdict.rows.len());
    for row in &report.verdict.rows {
        let head = format!("<th scope=\"row\">{}</th>", row.id);
        assert_eq!(html.matches(&head).count(), 1, "{}", row.id);
    }
}

#[test]
fn rows_outside_the_selected_profiles_stand_apart_and_weigh_nothing() {
    let mut run = sample::record();
    run.selection.profiles = vec!["cni".to_owned()];
    let html = of(run);
    let (inside, outside) = html.split_once("id=\"outside\"").unwrap();
    assert!(inside.contains("id=\"row-CNI-1\"") && outside.contains("id=\"row-RES-5\""));
    assert_eq!(inside.matches("id=\"row-").count(), 11);
    assert_eq!(outside.matches(">weighs nothing<").count(), outside.matches("id=\"row-").count());
    let card = element(&html, "<article class=\"card failed\"", "</article>");
    assert!(card.contains("weighs nothing: outside the selected profiles"), "{card}");
}

#[test]
fn what_failed_has_a_card_with_all_that_one_needs() {
    let html = of(sample::record());
    let card = element(&html, "<article class=\"card failed\"", "</article>");
    for told in [
        "A released address rests",
        "features&#x2f;resilience&#x2f;addresses.feature:70",
        "RES-5</a> <span class=\"kind\">must</span> An address that was released rests",
        "<li class=\"failed broke\">",
        "<p class=\"object\">address 10.0.1.17 told by `add c`</p>",
        "<pre>an address that was not released within the last 130 s</pre>",
        "<pre>10.0.1.17, which pod &quot;a&quot; gave up 2.1 s before</pre>",
        "<a href=\"evidence&#x2f;a-released-address-rests.json\">",
        "--scenario resilience&#x2f;addresses&#x2f;a-released-address-rests</code>",
    ] {
        assert!(card.contains(told), "{told} in {card}");
    }
}

#[test]
fn every_scenario_stands_once_those_that_broke_with_a_card() {
    let mut run = sample::record();
    run.scenarios[3].outcome = Outcome::Error;
    run.scenarios[3].error = Some("the fabric is gone".to_owned());
    run.scenarios[4].outcome = Outcome::Failed;
    let (number, html) = (run.scenarios.len(), of(run));
    assert_eq!(html.matches("<article class=\"card ").count(), 3);
    assert_eq!(html.matches("<details class=\"scenario ").count(), number - 3);
    let card = element(&html, "<article class=\"card error\"", "</article>");
    assert!(card.contains("<pre>the fabric is gone</pre>"), "{card}");
}

#[test]
fn what_is_open_is_grouped_by_its_reason() {
    let html = of(sample::record());
    let groups = between(&html, "<div class=\"group\">", "</h3>");
    let words: Vec<&str> = groups.iter().map(|g| g.rsplit("</span> ").next().unwrap()).collect();
    assert_eq!(
        words,
        [
            "facts do not decide: the control call `check before` failed, too: the target may \
             refuse every CHECK",
            "environment lacks it: the cloud has one vSwitch only",
            "excluded by the user: the runtime of this cluster sends no GC",
            "capability not claimed: dual-stack is not claimed",
        ]
    );
}

#[test]
fn a_row_without_a_scenario_in_the_run_is_open_too() {
    let mut run = sample::record();
    run.scenarios.retain(|scenario| scenario.rows[0].as_str() != "CNI-1");
    let html = of(run);
    let group = html.split("not selected: the run holds no scenario of this row").nth(1).unwrap();
    assert!(group.split("</div>").next().unwrap().contains("href=\"#row-CNI-1\""), "{group}");
}

#[test]
fn a_disputed_row_shows_its_readings_and_the_claimed_one() {
    let mut run = sample::record();
    run.target.readings.insert("RUL-2".parse().unwrap(), "upstream".to_owned());
    let html = of(run);
    let row = element(&html, "id=\"row-RUL-2\"", "</tr>");
    assert!(row.contains("✗</span> failed</span> as <b>document</b>:"), "{row}");
    assert!(row.contains("✓</span> passed</span> as <b>upstream</b>, <b>claimed</b>:"), "{row}");
}

#[test]
fn a_limitation_that_the_document_admits_is_told_apart_from_a_failure() {
    let mut run = sample::record();
    run.selection.profiles = vec!["network-policy".to_owned()];
    run.scenarios.truncate(1);
    run.scenarios[0].rows = vec!["NP-2".parse().unwrap()];
    run.scenarios[0].outcome = Outcome::Failed;
    let html = of(run);
    assert!(element(&html, "id=\"row-NP-2\"", "</tr>").contains("◆</span> limitation present"));
    assert!(html.contains("weighs nothing: the document admits it"));
}

#[test]
fn the_banner_says_what_was_judged_and_how_it_ended() {
    let html = of(sample::record());
    let banner = element(&html, "<header class=\"banner failed\">", "</header>");
    for told in [
        "example-eni-cni <span class=\"version\">2.4.1</span>",
        "by Example Networks",
        "✗</span> <strong>non-conformant</strong>",
        "exit code 1: a demand failed",
        "1 demand failed.",
        "2026-11-22 17:41:07 UTC, took 4 min 32 s",
        "6.18.5-cloud-amd64",
        "v1.34.2",
        "plumbline run --target example.toml --seed 42 --exclude CNI-6",
    ] {
        assert!(banner.contains(told), "{told} in {banner}");
    }
    assert!(!banner.contains("Cut short"));
}

#[test]
fn a_run_that_was_cut_short_and_its_troubles_stand_in_the_banner() {
    let mut run = sample::record();
    (run.complete, run.finished) = (false, None);
    let text = "the API server did not come up".to_owned();
    run.troubles.push(Trouble { kind: TroubleKind::NotReady, text });
    let html = of(run);
    let banner = element(&html, "<header class=\"banner failed\">", "</header>");
    for told in ["<strong>Cut short.</strong>", "<strong>Not ready.</strong> the API server did"] {
        assert!(banner.contains(told), "{told} in {banner}");
    }
}

#[test]
fn a_pass_is_folded_with_its_claims_in_words() {
    let report = report_of(passing());
    assert_eq!(report.verdict.exit_code, Exit::Conformant);
    let html = page(&report);
    assert!(html.contains("<header class=\"banner passed\">"));
    assert_eq!(html.matches("<article class=\"card ").count(), 0);
    assert!(!html.contains("id=\"open\"") && !html.contains("id=\"leaks\""));
    let words = "✓</span> holds</span> Call `add a` succeeds and answers in its version";
    assert_eq!(html.matches(words).count(), report.run.scenarios.len());
}

#[test]
fn an_empty_run_is_still_a_page() {
    let mut run = sample::record();
    run.scenarios.clear();
    run.selection.profiles.clear();
    run.target.profiles.clear();
    run.target.capabilities.clear();
    run.reproduce.clear();
    let html = of(run);
    assert!(html.contains("No profile was selected.") && html.contains("exit code 4"), "{html}");
}

#[test]
fn a_reason_without_words_is_still_told() {
    let mut run = sample::record();
    let open = run.scenarios.iter_mut().find(|scenario| scenario.rows[0].as_str() == "CNI-6");
    let why = Why::Interrupted;
    open.unwrap().reason = Some(Reason { why, text: String::new() });
    assert!(of(run).contains("</span> run cut short</h3>"));
}
