//! Whatever stands in `eni_conf` is a configuration or an error with its path.

use proptest::prelude::*;

use super::{BadConfig, EniConfig};

const CONFS: [&str; 2] = [
    r#"{"ip_stack": "dual", "min_pool_size": 2, "max_pool_size": 5, "ip_warm_up_size": 4,
        "ip_pool_sync_period": "120s", "service_cidr": "172.21.0.0/20,fc00::/112",
        "vswitches": {"cn-hangzhou-a": ["vsw-1", "vsw-2"]},
        "vswitch_selection_policy": "ordered", "security_group": "sg-1",
        "security_groups": ["sg-2"], "eni_tags": {"a": "b"}, "eni_tag_filter": {"c": "d"},
        "eni_tag_block_list": [{"key": "k", "value": "v"}], "resource_group_id": "rg-1",
        "rule_layout": "document", "address_rest": "130s", "allocate_timeout": "30s",
        "repair_period": "0s", "max_eni": 3}"#,
    r#"{"version": "1", "vswitches": {"z": []}}"#,
];

proptest! {
    #[test]
    fn any_text_is_a_configuration_or_refused(
        base in garble::text(&CONFS), node in proptest::option::of(garble::text(&CONFS)),
    ) {
        match EniConfig::parse(&base, node.as_deref()) {
            Ok(config) => {
                prop_assert!(config.pool.min <= config.pool.max);
                prop_assert!(config.security_groups.len() <= 10);
                let _ = (config.eni_spec("cn-hangzhou-a"), config.pool_spec());
            }
            Err(error) => prop_assert!(error.to_string().starts_with("eni_conf"), "{}", error),
        }
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_path(garbled in garble::replaced(&CONFS)) {
        if let Err(error) = EniConfig::parse(&garbled.text, None) {
            let (BadConfig::UnknownKey { path } | BadConfig::Wrong { path, .. }) = &error else {
                panic!("{error}");
            };
            // A minimum over the maximum is told of the minimum, whichever was replaced.
            let bounds = ["min_pool_size", "max_pool_size"];
            let either = bounds.contains(&garbled.key.as_str()) && path == bounds[0];
            prop_assert!(either || told_of(path, &garbled.key), "{} for {}", error, garbled.key);
        }
    }

    #[test]
    fn a_nodes_own_part_cannot_undo_the_checks(garbled in garble::replaced(&CONFS)) {
        if let Ok(config) = EniConfig::parse(CONFS[1], Some(&garbled.text)) {
            prop_assert!(config.pool.min <= config.pool.max);
        }
    }
}

/// Whether a path is of a key, or of one that is judged together with it.
fn told_of(path: &str, key: &str) -> bool {
    path.starts_with(key)
        || (key == "ip_stack" && path == "service_cidr")
        || (key == "security_group" && path == "security_groups")
}
