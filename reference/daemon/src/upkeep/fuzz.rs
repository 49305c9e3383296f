//! Whatever lies in the folder of release notes is taken up or put aside; nothing
//! stays and is looked at again for ever.

use std::fs;

use proptest::prelude::*;

use super::notes;

const NOTES: [&str; 1] = [r#"{"container": "c1", "ifname": "eth0"}"#];

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]
    #[test]
    fn any_note_is_taken_up_or_put_aside(
        files in proptest::collection::vec(garble::bytes(&NOTES), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (number, bytes) in files.iter().enumerate() {
            fs::write(folder.path().join(format!("c{number}@eth0")), bytes).unwrap();
        }
        let found = notes(folder.path());
        let aside = |number: usize| folder.path().join(format!("c{number}@eth0.broken")).exists();
        for number in 0..files.len() {
            let name = format!("c{number}@eth0");
            let taken = found.iter().any(|(path, _)| path.ends_with(&name));
            prop_assert!(taken != aside(number), "{name}: taken up {taken}");
        }
        prop_assert_eq!(notes(folder.path()).len(), found.len());
    }
}
