use super::*;
use rstest::rstest;

const ROW: &str = r#"
title = "Capacity"
order = 1

[[row]]
id = "CAP-1"
kind = "must"
demand = "A node serves 210 pods."
shows = "The 211th is refused."
[[row.source]]
document = "spec.txt"
lines = [2, 3]
sha256 = "b3a5c1c8d3b1c3f1f6f3f8b6f1a7c0a5b8f1e9d3c7a4b2e6d5f4c3b2a1908070"
"#;

fn file(path: &str, text: &str) -> TextFile {
    TextFile { path: path.to_owned(), text: text.to_owned() }
}

fn capacity(text: &str) -> Result<Ledger, LedgerError> {
    Ledger::parse(&[file("features/capacity/ledger.toml", text)])
}

#[test]
fn a_row_says_what_is_demanded_and_where_it_stands() {
    let ledger = capacity(ROW).unwrap();
    let [row] = ledger.sections[0].rows.as_slice() else { panic!("{ledger:?}") };
    assert_eq!(row.id.as_str(), "CAP-1");
    assert_eq!((row.kind, row.line), (Kind::Must, 6));
    assert_eq!(row.demand, "A node serves 210 pods.");
    assert_eq!((row.sources[0].document.as_str(), row.sources[0].lines), ("spec.txt", [2, 3]));
}

#[rstest]
#[case::unknown_key("kind = \"must\"", "kind = \"must\"\nlevel = 1", "8 at row[0].level")]
#[case::unknown_kind("\"must\"", "\"should\"", "7 at row[0].kind")]
#[case::ill_formed_id("CAP-1", "CAP_1", "6 at row[0].id")]
#[case::empty_demand("A node serves 210 pods.", " ", "8 at row[0].demand")]
#[case::no_line_0("[2, 3]", "[0, 3]", "10 at row[0].source[0]")]
#[case::lines_backwards("[2, 3]", "[3, 2]", "10 at row[0].source[0]")]
#[case::short_digest("b3a5", "b3", "10 at row[0].source[0]")]
#[case::empty_reason("\"must\"", "\"must\"\nuntested = \"\"", "8 at row[0].untested")]
#[case::no_toml("order = 1", "order =", "3 at the file itself")]
fn what_is_not_understood_is_refused_with_line_and_key(
    #[case] from: &str,
    #[case] to: &str,
    #[case] place: &str,
) {
    let error = capacity(&ROW.replace(from, to)).unwrap_err().to_string();
    assert_eq!(error, format!("parse features/capacity/ledger.toml:{place}"));
}

#[test]
fn an_id_stands_once_in_all_files() {
    let files = [file("a/ledger.toml", ROW), file("b/ledger.toml", ROW)];
    let error = Ledger::parse(&files).unwrap_err().to_string();
    assert_eq!(error, "b/ledger.toml:6: row CAP-1 is already at a/ledger.toml:6");
}

#[rstest]
#[case::disputed_without("kind = \"must\"", "kind = \"disputed\"", "two readings")]
#[case::must_with(
    "sha256",
    "sha256 = \"b3a5c1c8d3b1c3f1f6f3f8b6f1a7c0a5b8f1e9d3c7a4b2e6d5f4c3b2a1908070\"\n\
     [[row.reading]]\nname = \"upstream\"\nsays = \"x\" # ",
    "two readings"
)]
#[case::whole_and_half(
    "kind = \"must\"",
    "kind = \"must\"\nuntested = \"waits\"\nalso_untested = \"waits\"",
    "untested as a whole"
)]
fn parts_of_a_row_agree(#[case] from: &str, #[case] to: &str, #[case] words: &str) {
    let error = capacity(&ROW.replace(from, to)).unwrap_err().to_string();
    assert!(error.starts_with("features/capacity/ledger.toml:6: row CAP-1"), "{error}");
    assert!(error.contains(words), "{error}");
}

#[test]
fn sections_stand_in_the_documents_order() {
    let second = ROW.replace("order = 1", "order = 2").replace("CAP-1", "MOD-1");
    let files = [file("a/ledger.toml", &second), file("b/ledger.toml", ROW)];
    let ledger = Ledger::parse(&files).unwrap();
    let ids: Vec<_> = ledger.rows().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["CAP-1", "MOD-1"]);
}

/// SHA-256 of `two\nthree`, computed with `printf 'two\nthree' | sha256sum`.
const TWO_THREE: &str = "43fc3d02ea6e854a19e994c75467d8163dde2464c83a12a5c56c59f47f75e253";

#[rstest]
#[case::as_it_was("one\ntwo\nthree\n", 0)]
#[case::another_line_changed("ONE\ntwo\nthree\n", 0)]
#[case::changed("one\ntwo\nTHREE\n", 1)]
#[case::moved("zero\none\ntwo\nthree\n", 1)]
#[case::cut("one\ntwo\n", 1)]
fn a_changed_document_is_noticed(#[case] text: &str, #[case] stale: usize) {
    let digest = "b3a5c1c8d3b1c3f1f6f3f8b6f1a7c0a5b8f1e9d3c7a4b2e6d5f4c3b2a1908070";
    let ledger = capacity(&ROW.replace(digest, TWO_THREE)).unwrap();
    assert_eq!(ledger.stale("spec.txt", text).len(), stale);
    assert_eq!(ledger.stale("another.txt", text).len(), 0);
}

const PROFILE: &str = "name = \"cni\"\ndescription = \"Protocol\"\nrows = [\n  \"CNI-1\",\n]\n";

#[test]
fn a_profile_lists_rows_with_their_lines() {
    let profile = Profile::parse(&file("features/profiles/cni.toml", PROFILE)).unwrap();
    assert_eq!(profile.rows, [("CNI-1".parse().unwrap(), 4)]);
}

#[test]
fn a_profile_is_called_like_its_file() {
    let error = Profile::parse(&file("features/profiles/trunk.toml", PROFILE)).unwrap_err();
    assert_eq!(error.to_string(), "features/profiles/trunk.toml: the profile calls itself cni");
}
