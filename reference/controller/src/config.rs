//! The controller's configuration file. Keys of the published implementation
//! keep their names; every period is a key.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

/// What the controller goes by.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Config {
    /// Region of every call.
    #[serde(rename = "regionID")]
    pub(crate) region: String,
    /// Cluster, for the tag on every interface.
    #[serde(rename = "clusterID")]
    pub(crate) cluster: String,
    /// VPC, to look for leaked interfaces in.
    #[serde(rename = "vpcID")]
    pub(crate) vpc: String,
    /// Nodes that are worked on at once; more wait.
    #[serde(rename = "multiIPNodeMaxConcurrent", default = "most_nodes")]
    pub(crate) most_nodes: u16,
    /// How often a node is compared with the cloud when nothing happens; 12 h.
    #[serde(rename = "multiIPNodeSyncPeriod", with = "duration", default = "hours_12")]
    pub(crate) sync_period: Duration,
    /// Between two looks at an interface that is on its way; 2 s.
    #[serde(with = "duration", default = "seconds_2")]
    pub(crate) poll_period: Duration,
    /// How long an instance type's limits are believed; 10 min.
    #[serde(with = "duration", default = "minutes_10")]
    pub(crate) limits_ttl: Duration,
    /// How long a vSwitch's free count is believed; 20 min.
    #[serde(rename = "vSwitchCacheTTL", with = "duration", default = "minutes_20")]
    pub(crate) v_switch_ttl: Duration,
    /// How long a vSwitch that ran out is passed over; 10 min.
    #[serde(with = "duration", default = "minutes_10")]
    pub(crate) v_switch_block: Duration,
    /// First pause after a failure; doubles with each, with jitter; 1 s.
    #[serde(rename = "multiIPMinSyncPeriodOnFailure", with = "duration", default = "seconds_1")]
    pub(crate) backoff_min: Duration,
    /// Longest pause after a failure; 300 s.
    #[serde(rename = "multiIPMaxSyncPeriodOnFailure", with = "duration", default = "minutes_5")]
    pub(crate) backoff_max: Duration,
    /// How old an interface that nobody owns must be before it is deleted; 10 min.
    #[serde(with = "duration", default = "minutes_10")]
    pub(crate) leak_age: Duration,
    /// How long the cloud must not describe an interface before it is struck off the
    /// books: a description may be older than the interface; 1 min.
    #[serde(with = "duration", default = "minutes_1")]
    pub(crate) missing_age: Duration,
    /// How often leaked interfaces are looked for; 10 min.
    #[serde(with = "duration", default = "minutes_10")]
    pub(crate) leak_period: Duration,
    /// Calls a minute, and at once, by action.
    #[serde(default)]
    pub(crate) rate_limit: BTreeMap<String, NonZeroU32>,
    /// How long one attempt of a call may take, to the end of its answer; 20 s.
    #[serde(deserialize_with = "duration::above_zero", default = "seconds_20")]
    pub(crate) attempt_timeout: Duration,
    /// Longest pause between two attempts of one call; 20 s.
    #[serde(with = "duration", default = "seconds_20")]
    pub(crate) retry_most: Duration,
    /// Where metrics are served over HTTP; off unless given.
    #[serde(default)]
    pub(crate) metrics_bind_address: Option<String>,
}

/// A configuration that cannot be used.
#[derive(Debug, Error)]
pub(crate) enum BadConfig {
    /// The file is not there or cannot be read.
    #[error("read configuration {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A key is unknown, missing or wrong.
    #[error("configuration {path}: {problem}")]
    Parse { path: PathBuf, problem: String },
}

impl Config {
    /// Reads the file; an unknown key, a missing one or a wrong value is an
    /// error that names it.
    pub(crate) fn read(path: &Path) -> Result<Self, BadConfig> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| BadConfig::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|problem| BadConfig::Parse { path: path.to_owned(), problem })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let value: serde_json::Value =
            serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        serde_path_to_error::deserialize(value)
            .map_err(|error| format!("{}: {}", error.path(), error.inner()))
    }
}

mod duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, de::Error};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_duration(&text)
            .map_err(|error| D::Error::custom(format!("{text:?} is no duration: {error}")))
    }

    pub(super) fn above_zero<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let duration = deserialize(from)?;
        if duration.is_zero() {
            return Err(D::Error::custom("0s leaves no time; wanted: more, for example 20s"));
        }
        Ok(duration)
    }
}

fn most_nodes() -> u16 {
    500
}

fn seconds_1() -> Duration {
    Duration::from_secs(1)
}

fn seconds_2() -> Duration {
    Duration::from_secs(2)
}

fn seconds_20() -> Duration {
    Duration::from_secs(20)
}

fn minutes_1() -> Duration {
    Duration::from_mins(1)
}

fn minutes_5() -> Duration {
    Duration::from_mins(5)
}

fn minutes_10() -> Duration {
    Duration::from_mins(10)
}

fn minutes_20() -> Duration {
    Duration::from_mins(20)
}

fn hours_12() -> Duration {
    Duration::from_hours(12)
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const LEAST: &str = "regionID: r\nclusterID: c\nvpcID: v\n";

    #[test]
    fn the_least_configuration_gets_the_documented_defaults() {
        let config = Config::parse(LEAST).unwrap();
        assert_eq!((config.most_nodes, config.sync_period), (500, Duration::from_hours(12)));
        assert_eq!(config.backoff_max, Duration::from_mins(5));
    }

    #[test]
    fn periods_are_keys() {
        let text = format!(
            "{LEAST}pollPeriod: 20ms\nvSwitchBlock: 2s\nrateLimit: {{DescribeVSwitches: 3}}\n"
        );
        let config = Config::parse(&text).unwrap();
        assert_eq!(config.poll_period, Duration::from_millis(20));
        assert_eq!(config.v_switch_block, Duration::from_secs(2));
        assert_eq!(config.rate_limit["DescribeVSwitches"].get(), 3);
    }

    #[rstest]
    #[case::unknown("pollPeriode: 1s", "pollPeriode")]
    #[case::duration("pollPeriod: soon", "pollPeriod")]
    #[case::zero("rateLimit: {X: 0}", "rateLimit.X")]
    #[case::no_time("attemptTimeout: 0s", "attemptTimeout")]
    #[case::count("multiIPNodeMaxConcurrent: -1", "multiIPNodeMaxConcurrent")]
    fn a_bad_key_is_named(#[case] line: &str, #[case] word: &str) {
        let error = Config::parse(&format!("{LEAST}{line}\n")).unwrap_err();
        assert!(error.contains(word), "{error}");
    }

    #[test]
    fn a_missing_key_is_named() {
        let error = Config::parse("regionID: r\nclusterID: c\n").unwrap_err();
        assert!(error.contains("vpcID"), "{error}");
    }
}
