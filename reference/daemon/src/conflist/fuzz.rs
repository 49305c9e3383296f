//! Whatever stands in the ConfigMap is a plugin's configuration or refused with its key.

use proptest::prelude::*;

use super::PluginConf;

const LISTS: [&str; 1] = [r#"{"cniVersion": "1.1.0", "name": "terway", "plugins": [
    {"type": "terway", "mtu": 1500}, {"type": "portmap"}]}"#];
const SINGLES: [&str; 1] =
    [r#"{"cniVersion": "0.4.0", "name": "n", "type": "terway", "mtu": 9000}"#];

proptest! {
    #[test]
    fn any_text_is_a_configuration_or_refused(
        list in proptest::option::of(garble::text(&LISTS)),
        single in proptest::option::of(garble::replaced(&SINGLES)),
    ) {
        let single = single.map(|garbled| garbled.text);
        match PluginConf::parse(list.as_deref(), single.as_deref()) {
            Ok(conf) => prop_assert!((1280..=65_535).contains(&conf.mtu)),
            Err(error) => prop_assert!(error.to_string().contains("10-terway"), "{}", error),
        }
    }
}
