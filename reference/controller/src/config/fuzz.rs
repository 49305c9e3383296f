//! Whatever the controller's file holds is a configuration or refused.

use proptest::prelude::*;

use super::Config;

const FILES: [&str; 1] = [r#"{"regionID": "cn-hangzhou", "clusterID": "c1", "vpcID": "vpc-1",
    "multiIPNodeMaxConcurrent": 10, "multiIPNodeSyncPeriod": "12h", "pollPeriod": "2s",
    "vSwitchCacheTTL": "20m", "rateLimit": {"AttachNetworkInterface": 500},
    "attemptTimeout": "20s", "retryMost": "20s", "metricsBindAddress": "127.0.0.1:8080"}"#];

proptest! {
    #[test]
    fn any_text_is_a_configuration_or_refused(text in garble::text(&FILES)) {
        if let Err(problem) = Config::parse(&text) {
            prop_assert!(!problem.is_empty());
        }
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_place(garbled in garble::replaced(&FILES)) {
        if let Err(problem) = Config::parse(&garbled.text) {
            // What is no YAML has a line, all else a key.
            let place = problem.contains(&garbled.key) || problem.contains("line ");
            prop_assert!(place, "{} for {}", problem, garbled.key);
        }
    }
}
