//! The plugin's configuration for the runtime: checked, and written only when
//! the daemon serves, so that no pod is scheduled on a node that cannot add it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use api::eni_config::BadConfig;
use serde_json::{Map, Value, json};

/// Name of the file that the runtime reads.
const FILE: &str = "10-terway.conflist";
/// An older form that would shadow it.
const OLDER: &str = "10-terway.conf";

/// The list of plugins, ready to be written.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct PluginConf {
    pub(crate) list: Value,
    /// MTU of pods' links in bytes, from the first plugin.
    pub(crate) mtu: u32,
}

impl PluginConf {
    /// Makes the list from the two keys of the ConfigMap: `10-terway.conflist`
    /// where it is present, else the one plugin of `10-terway.conf`.
    pub(crate) fn parse(list: Option<&str>, single: Option<&str>) -> Result<Self, BadConfig> {
        let list = match (list, single) {
            (Some(text), _) => object("10-terway.conflist", text)?,
            (None, Some(text)) => wrap(object("10-terway.conf", text)?),
            (None, None) => wrap(Map::from_iter([("type".to_owned(), "terway".into())])),
        };
        let first = list
            .get("plugins")
            .and_then(Value::as_array)
            .and_then(|plugins| plugins.first())
            .and_then(Value::as_object)
            .ok_or_else(|| wrong("10-terway.conflist.plugins", "must be a list of plugins"))?;
        if first.get("type").and_then(Value::as_str) != Some("terway") {
            return Err(wrong("10-terway.conflist.plugins[0].type", "must be \"terway\""));
        }
        let mtu = match first.get("mtu") {
            None => 1500,
            Some(value) => value
                .as_u64()
                .and_then(|mtu| u32::try_from(mtu).ok())
                .filter(|mtu| (1280..=65_535).contains(mtu))
                .ok_or_else(|| {
                    wrong("10-terway.conflist.plugins[0].mtu", "must be between 1280 and 65535")
                })?,
        };
        Ok(Self { list: Value::Object(list), mtu })
    }

    /// Writes the list where the runtime looks, whole or not at all. Answers
    /// whether anything changed.
    pub(crate) fn publish(&self, folder: &Path) -> io::Result<bool> {
        let path = folder.join(FILE);
        let text = format!("{:#}\n", self.list);
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            return Ok(false);
        }
        fs::create_dir_all(folder)?;
        let draft = folder.join(format!(".{FILE}.{}", std::process::id()));
        let mut file = File::create(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        File::open(folder)?.sync_all()?;
        match fs::remove_file(folder.join(OLDER)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(true),
        }
    }
}

fn object(key: &str, text: &str) -> Result<Map<String, Value>, BadConfig> {
    serde_json::from_str(text).map_err(|cause| wrong(key, &format!("is no JSON object: {cause}")))
}

fn wrap(mut plugin: Map<String, Value>) -> Map<String, Value> {
    let version = plugin.remove("cniVersion").unwrap_or_else(|| "1.1.0".into());
    let name = plugin.remove("name").unwrap_or_else(|| "terway".into());
    let list = json!({"cniVersion": version, "name": name, "plugins": [plugin]});
    match list {
        Value::Object(list) => list,
        _ => unreachable!("made an object just now"),
    }
}

fn wrong(path: &str, problem: &str) -> BadConfig {
    BadConfig::Wrong { path: path.to_owned(), problem: problem.to_owned() }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn one_plugin_becomes_a_list_of_one() {
        let conf = PluginConf::parse(
            None,
            Some(r#"{"cniVersion":"0.4.0","name":"terway","type":"terway","mtu":1400}"#),
        )
        .unwrap();
        assert_eq!(conf.mtu, 1400);
        assert_eq!(
            conf.list,
            json!({"cniVersion": "0.4.0", "name": "terway", "plugins": [{"type": "terway", "mtu": 1400}]})
        );
    }

    #[test]
    fn a_list_goes_before_a_single_plugin() {
        let list =
            r#"{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"terway"},{"type":"portmap"}]}"#;
        let conf = PluginConf::parse(Some(list), Some("{")).unwrap();
        assert_eq!(conf.list["plugins"][1]["type"], "portmap");
    }

    #[rstest]
    #[case::not_json(Some("{"), None)]
    #[case::no_plugins(Some(r#"{"name":"n"}"#), None)]
    #[case::other_first(Some(r#"{"plugins":[{"type":"ptp"}]}"#), None)]
    #[case::mtu(None, Some(r#"{"type":"terway","mtu":5}"#))]
    fn a_bad_configuration_is_refused(#[case] list: Option<&str>, #[case] single: Option<&str>) {
        let error = PluginConf::parse(list, single).unwrap_err().to_string();
        assert!(error.contains("10-terway.conf"), "{error}");
    }

    #[test]
    fn publishing_twice_changes_nothing_and_removes_the_older_form() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(OLDER), "{}").unwrap();
        let conf = PluginConf::parse(None, None).unwrap();
        assert!(conf.publish(folder.path()).unwrap());
        assert!(!conf.publish(folder.path()).unwrap());
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [FILE]);
    }
}
