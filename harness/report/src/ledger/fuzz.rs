//! Whatever the ledger's and the profiles' files hold is read or refused with its place.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Ledger, Profile, TextFile};

const SECTION: &str = r#"title = "T"
order = 3
[[row]]
id = "RUL-2"
kind = "disputed"
demand = "Packets are decided by a rule"
shows = "ip rule"
source = [{ document = "d.txt", lines = [555, 559], sha256 = "87939453787abad3f9dc2e89215356abb343aa069e8f44fbedf04fbb84f07b47" }]
reading = [ { name = "document", says = "512" }, { name = "upstream", says = "2048" } ]
also_untested = "none"
"#;
const PROFILE: &str = "name = \"x\"\ndescription = \"d\"\nrows = [\"RUL-2\", \"CAP-1\"]\n";

const PARTS: [&str; 12] = [
    "\"",
    "[[row]]",
    "= 99999999999999999999",
    "RUL-0",
    "-",
    "\u{0}",
    "\\u0000",
    "[",
    "}",
    "lines",
    "\"\"",
    "ü",
];

/// The text with some of it cut out and something else put in.
fn garbled(good: &'static str) -> impl Strategy<Value = String> {
    let edits = vec((any::<Index>(), 0usize..8, select(&PARTS[..])), 1..5);
    edits.prop_map(move |edits| {
        let mut text: Vec<char> = good.chars().collect();
        for (place, cut, put) in edits {
            let from = place.index(text.len() + 1);
            let to = (from + cut).min(text.len());
            text.splice(from..to, put.chars());
        }
        text.into_iter().collect()
    })
}

fn file(text: String) -> TextFile {
    TextFile { path: "features/x.toml".to_owned(), text }
}

proptest! {
    #[test]
    fn any_section_is_read_or_refused_with_its_place(
        text in prop_oneof![4 => garbled(SECTION), 1 => "\\PC{0,80}"],
    ) {
        if let Err(error) = Ledger::parse(&[file(text)]) {
            prop_assert!(error.to_string().contains("features/x.toml"), "{}", error);
        }
    }

    #[test]
    fn any_profile_is_read_or_refused_with_its_place(
        text in prop_oneof![4 => garbled(PROFILE), 1 => "\\PC{0,80}"],
    ) {
        if let Err(error) = Profile::parse(&file(text)) {
            prop_assert!(error.to_string().contains("features/x.toml"), "{}", error);
        }
    }
}

#[test]
fn what_is_garbled_was_good() {
    Ledger::parse(&[file(SECTION.to_owned())]).unwrap();
    Profile::parse(&file(PROFILE.to_owned())).unwrap();
}
