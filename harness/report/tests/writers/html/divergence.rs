//! First divergences, the heat map and the kill matrix in `report.html`.

use super::{between, element, of, page};
use crate::{broken, report_of, sample};

#[test]
fn a_failure_shows_where_it_first_differs_in_words_and_as_a_picture() {
    let html = of(broken::record());
    let shown = element(&html, "<div class=\"divergence\">", "</details>");
    for told in [
        "<p class=\"object\">default route in table 1003 of node n1</p>",
        "<pre>it leaves by eth1, which carries the source</pre>",
        "rule 512 mark 0x100000&#x2f;0xfff00000 → 1003: no route to there",
        "Wanted by <a href=\"#row-REACH-1\">REACH-1</a>",
        "<title id=\"scenario-10-way\">",
        ">node n1</text>",
        "<b>VPC</b>, beyond the break: nothing came so far",
    ] {
        assert!(shown.contains(told), "{told} in {shown}");
    }
    let signs = |sign: &str| shown.matches(&format!(">{sign}</text>")).count();
    assert_eq!([signs("✓"), signs("✗"), signs("○")], [6, 1, 3]);
}

#[test]
fn the_map_has_a_cell_for_each_row_and_leads_to_it() {
    let report = report_of(sample::record());
    let html = page(&report);
    let map = element(&html, "<section id=\"document\"", "</section>");
    let cells = between(map, "<a class=\"cell ", "</a>");
    assert_eq!(cells.len(), report.verdict.rows.len());
    for (cell, row) in cells.iter().zip(&report.verdict.rows) {
        assert!(cell.contains(&format!("href=\"#row-{}\"", row.id)), "{cell}");
        assert_eq!(cell.contains(" beside\""), row.profiles.is_empty(), "{cell}");
    }
    let failed: Vec<_> = cells.iter().filter(|cell| cell.starts_with("failed\"")).collect();
    assert!(failed[0].contains("✗</span> RES-5"), "{failed:?}");
}

#[test]
fn a_row_tells_what_kills_it_or_that_nothing_does() {
    let html = of(broken::record());
    let row = |id: &str| element(&html, &format!("id=\"row-{id}\""), "</tr>");
    let killed = "Killed by: <a href=\"#mutant-no-rest\">no-rest</a>";
    assert!(row("RES-5").contains(killed), "{}", row("RES-5"));
    let unproven = "No defect shows that its scenarios can fail.";
    assert!(row("POOL-3").contains(unproven) && !row("RES-5").contains(unproven));
    let matrix = element(&html, "<section id=\"detection\"", "</section>");
    let ids = between(matrix, "id=\"mutant-", "\"");
    assert_eq!(ids, ["no-warm-up", "vswitch-order", "rule-priority-513", "no-rest"]);
    for (id, ending) in [("no-warm-up", "survived"), ("vswitch-order", "not reached")] {
        let row = element(matrix, &format!("id=\"mutant-{id}\""), "</tr>");
        assert!(row.contains(&format!("</span> {ending}</span>")), "{row}");
    }
}

#[test]
fn without_a_matrix_nothing_is_said_of_mutants() {
    let html = of(sample::record());
    assert!(!html.contains("id=\"detection\"") && !html.contains("No defect shows"));
}
