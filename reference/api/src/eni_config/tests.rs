use super::*;
use rstest::rstest;

fn parse(text: &str) -> Result<EniConfig, BadConfig> {
    EniConfig::parse(text, None)
}

#[test]
fn an_empty_configuration_gets_the_documented_defaults() {
    let config = parse("{}").unwrap();
    assert_eq!(config.pool, PoolBounds { min: 0, max: 5, warm_up: 0 });
    assert_eq!(config.sync_period, Duration::from_mins(2));
    assert_eq!(config.rest, Duration::from_secs(130));
    assert_eq!((config.stack, config.layout), (IpStack::Ipv4, Layout::Document));
    assert_eq!(config.eni_spec("a").v_switch_select_policy, "most");
}

#[test]
fn a_nodes_own_configuration_is_merged_key_by_key() {
    let base = r#"{"vswitches": {"a": ["v1"], "b": ["v2"]}, "min_pool_size": 1}"#;
    let node = r#"{"vswitches": {"a": ["v3"], "b": null}, "max_pool_size": 9}"#;
    let config = EniConfig::parse(base, Some(node)).unwrap();
    assert_eq!(config.v_switches, BTreeMap::from([("a".to_owned(), vec!["v3".to_owned()])]));
    assert_eq!(config.pool, PoolBounds { min: 1, max: 9, warm_up: 0 });
}

#[test]
fn a_key_without_effect_is_a_warning_that_names_it() {
    let config = parse(r#"{"version": "1", "credential_path": "/x"}"#).unwrap();
    assert_eq!(
        config.warnings,
        [
            "eni_conf.credential_path: has no effect in shared-ENI mode",
            "eni_conf.version: has no effect in shared-ENI mode"
        ]
    );
}

#[test]
fn every_key_is_on_one_list_only() {
    assert!(WITH_EFFECT.iter().all(|key| !WITHOUT_EFFECT.contains(key)));
}

#[rstest]
#[case::not_json("{", "eni_conf is no JSON object")]
#[case::list("[]", "eni_conf is no JSON object")]
#[case::unknown(r#"{"max_pool_sise": 5}"#, "eni_conf.max_pool_sise: unknown key; remove it")]
#[case::negative(r#"{"min_pool_size": -1}"#, "eni_conf.min_pool_size:")]
#[case::huge(r#"{"max_pool_size": 99999999999}"#, "eni_conf.max_pool_size:")]
#[case::above_max(r#"{"min_pool_size": 9, "max_pool_size": 3}"#, "eni_conf.min_pool_size: 9")]
#[case::stack(r#"{"ip_stack": "ipv6"}"#, "eni_conf.ip_stack:")]
#[case::zone(r#"{"vswitches": {"a": "v1"}}"#, "eni_conf.vswitches.a:")]
#[case::nested(r#"{"vswitches": {"a": ["v1", 2]}}"#, "eni_conf.vswitches.a[1]:")]
#[case::policy(r#"{"vswitch_selection_policy": "best"}"#, "eni_conf.vswitch_selection_policy:")]
#[case::period(r#"{"ip_pool_sync_period": "soon"}"#, "eni_conf.ip_pool_sync_period:")]
#[case::block(r#"{"service_cidr": "172.21.0.0"}"#, "eni_conf.service_cidr:")]
#[case::v6_block(r#"{"service_cidr": "172.21.0.0/20,fc00::/112"}"#, "eni_conf.service_cidr:")]
#[case::groups(
    r#"{"security_group": "k", "security_groups": ["a","b","c","d","e","f","g","h","i","j"]}"#,
    "eni_conf.security_groups: 11 groups"
)]
fn a_bad_value_is_refused_with_its_path(#[case] text: &str, #[case] start: &str) {
    let error = parse(text).unwrap_err().to_string();
    assert!(error.starts_with(start), "{error}");
}

#[test]
fn ten_security_groups_are_allowed_and_the_same_one_counts_once() {
    let text =
        r#"{"security_group": "a", "security_groups": ["a","b","c","d","e","f","g","h","i","j"]}"#;
    assert_eq!(parse(text).unwrap().security_groups.len(), 10);
}

#[test]
fn a_node_is_told_the_vswitches_of_its_zone_only() {
    let config = parse(r#"{"vswitches": {"a": ["v1"], "b": ["v2"]}, "ip_stack": "dual"}"#).unwrap();
    let spec = config.eni_spec("b");
    assert_eq!((spec.v_switch_options, spec.enable_ipv6), (vec!["v2".to_owned()], true));
    assert!(config.eni_spec("c").v_switch_options.is_empty());
}
