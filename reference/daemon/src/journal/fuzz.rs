//! Whatever a record of the journal holds is read or refused with its key.

use model::Grant;
use proptest::prelude::*;

use super::{Kept, record};

const GRANTS: [&str; 1] = [r#"{"attachment": {"container": "c1", "ifname": "eth0"},
    "pod": {"namespace": "default", "name": "a", "uid": "u"}, "netns": "/run/netns/a",
    "eni": "eni-1", "addresses": {"v4": "10.0.1.5", "v6": "fd00::5"}, "granted_ms": 7}"#];
const LEASES: [&str; 2] = [r#"{"resting": {"until_ms": 99}}"#, r#"{"leaving": {"generation": 4}}"#];

proptest! {
    #[test]
    fn any_record_is_read_or_refused_with_its_key(
        grant in garble::text(&GRANTS),
        replaced in garble::replaced(&GRANTS),
        lease in garble::text(&LEASES),
    ) {
        for text in [&grant, &replaced.text] {
            if let Err(error) = record::<Grant>("grant", "c1@eth0", text) {
                prop_assert_eq!(error.to_string(), "read grant c1@eth0 from the journal");
            }
        }
        if let Err(error) = record::<Kept>("lease", "10.0.1.5", &lease) {
            prop_assert_eq!(error.to_string(), "read lease 10.0.1.5 from the journal");
        }
    }
}
