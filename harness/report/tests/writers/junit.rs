//! `junit.xml`.

mod form;

use facts::Outcome;
use report::junit::junit;
use report::record::RunRecord;

use crate::{report_of, sample};

fn of(run: RunRecord) -> String {
    junit(&report_of(run)).expect("XML")
}

/// The element of a test case.
fn case<'a>(xml: &'a str, name: &str) -> &'a str {
    let from = xml.find(&format!("<testcase name=\"{name}\"")).expect("the case");
    let to = xml[from..].find("</testcase>").expect("its end");
    &xml[from..from + to]
}

#[test]
fn endings_are_counted_as_build_systems_know_them() {
    let xml = of(sample::record());
    // 46 scenarios: 1 failed; 1 cannot tell, 3 untested and 3 inapplicable are skipped.
    assert!(xml.contains("tests=\"46\" skipped=\"7\" failures=\"1\" errors=\"0\">"), "{xml}");
    assert_eq!(xml.matches("<skipped").count(), 7);
    assert_eq!(xml.matches("<failure").count(), 1);
    assert_eq!(xml.matches("<error").count(), 0);
}

#[test]
fn a_suite_is_a_feature() {
    let xml = of(sample::record());
    let head = "<testsuite name=\"features/cni/errors.feature\" tests=\"3\"";
    assert_eq!(xml.matches(head).count(), 1, "{xml}");
}

#[test]
fn a_failure_tells_what_differs_and_how_to_see_it_again() {
    let xml = of(sample::record());
    let case = case(&xml, "A released address rests");
    assert!(
        case.contains("<failure message=\"address 10.0.1.17 told by `add b`: expected"),
        "{case}"
    );
    assert!(case.contains("address 10.0.1.17 told by `add c`"), "{case}");
    assert!(case.contains("plumbline run --target example.toml --seed 42 --scenario"), "{case}");
    assert!(case.contains("<property name=\"row\" value=\"RES-5\"/>"), "{case}");
    assert!(case.contains("<property name=\"profile\" value=\"shared-eni\"/>"), "{case}");
}

#[test]
fn what_did_not_run_tells_why() {
    let xml = of(sample::record());
    let skipped = "<skipped message=\"inapplicable (capability not claimed): \
        dual-stack is not claimed\" type=\"inapplicable\"/>";
    assert!(case(&xml, "Control plane traffic stays on IPv4").contains(skipped), "{xml}");
    let undecided = case(&xml, "CHECK finds what was taken away");
    assert!(undecided.contains("<skipped message=\"cant-tell (facts do not decide): the"), "{xml}");
}

#[test]
fn a_disputed_row_tells_both_readings() {
    let xml = of(sample::record());
    let case = case(&xml, "Packets from a pod follow its rule");
    assert!(case.contains("<property name=\"reading.document\" value=\"failed\"/>"), "{case}");
    assert!(case.contains("<property name=\"reading.upstream\" value=\"passed\"/>"), "{case}");
    assert!(!case.contains("<failure"), "{case}");
}

#[test]
fn only_the_harness_makes_errors() {
    let mut run = sample::record();
    run.scenarios[0].outcome = Outcome::Error;
    run.scenarios[0].error = Some("the fabric is gone".to_owned());
    let xml = of(run);
    assert!(xml.contains("<error message=\"the fabric is gone\" type=\"error\"/>"), "{xml}");
}

#[test]
fn a_limitation_that_the_document_admits_is_no_failure() {
    let mut run = sample::record();
    run.scenarios.truncate(1);
    run.scenarios[0].rows = vec!["NP-2".parse().expect("a row")];
    run.scenarios[0].outcome = Outcome::Failed;
    assert!(!of(run).contains("<failure"));
}

#[test]
fn names_cannot_break_the_markup() {
    let mut run = sample::record();
    run.scenarios[0].name = "a \"<script>\" & more".to_owned();
    assert!(of(run).contains("name=\"a &quot;&lt;script&gt;&quot; &amp; more\""));
}
