//! Counts of everything that a target could let pile up: objects in the node's
//! kernel, descriptors and memory of its programs, files, resources, and what the
//! cloud holds for the node.

use std::path::Path;

use facts::tally::{NAMESPACES, Tally};
use serde_json::Value;
use stage::fabric::netns;

use super::{NodeHandle, Suite, blocking};

/// Group of the target's resources.
const GROUP: &str = "network.alibabacloud.com";
/// Folders of a node in which plugins and agents write.
const FOLDERS: [&str; 4] = ["/etc/cni", "/run/eni", "/var/lib/cni", "/var/lib/terway"];

impl Suite {
    /// Counts everything of one node, its agents, and the target's control plane.
    pub(crate) async fn tally(&self, node: &NodeHandle) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        let place = node.netns();
        let objects = blocking(move || probe::objects(&place)).await??;
        let objects =
            objects.into_iter().map(|(kind, count)| (format!("{kind} of the node"), count));
        tally.counts.extend(objects);
        for (program, id) in node.processes().into_iter().chain(self.control.processes()) {
            let (descriptors, memory) = probe::process(id)?;
            tally.at_most.insert(format!("descriptors of {program}"), descriptors);
            tally.bytes.insert(format!("memory of {program}"), memory);
        }
        for folder in FOLDERS {
            let (count, bytes) = node.node.place().run(|| probe::files(Path::new(folder)))?;
            tally.counts.insert(format!("files in {folder}"), count);
            tally.bytes.insert(format!("bytes in {folder}"), bytes);
        }
        for kind in ["Node", "NodeRuntime"] {
            let object = self.object(GROUP, kind, node.node.name()).await?;
            tally.counts.insert(format!("values of the {kind}"), values(&object));
            tally.bytes.insert(format!("bytes of the {kind}"), object.to_string().len() as u64);
        }
        self.count_cloud(node, &mut tally);
        let prefix = self.lab.run().namespace("");
        let spaces = netns::names()?.into_iter().filter(|name| name.starts_with(&prefix));
        tally.counts.insert(NAMESPACES.to_owned(), spaces.count() as u64);
        Ok(tally)
    }

    fn count_cloud(&self, node: &NodeHandle, tally: &mut Tally) {
        let held = self.inventory([node]);
        let sum = |of: fn(&facts::cloud::CloudEni) -> usize| {
            held.enis.iter().map(|eni| of(eni) as u64).sum::<u64>()
        };
        let counts = [
            ("interfaces in the cloud", sum(|_| 1)),
            ("IPv4 addresses in the cloud", sum(|eni| eni.ipv4.len())),
            ("IPv6 addresses in the cloud", sum(|eni| eni.ipv6.len())),
        ];
        tally.counts.extend(counts.map(|(what, count)| (what.to_owned(), count)));
    }
}

/// How many values stand in an object, lists and objects within it opened. Entries of
/// what is told to be deleted are history; they weigh as bytes.
fn values(object: &Value) -> u64 {
    match object {
        Value::Array(list) => list.iter().map(values).sum(),
        Value::Object(map)
            if map.get("status").is_some_and(|status| status.get("deleted").is_some()) =>
        {
            0
        }
        // Who wrote what when is the API server's own.
        Value::Object(map) => map
            .iter()
            .filter(|(key, _)| *key != "managedFields")
            .map(|(_, value)| values(value))
            .sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_counted_at_any_depth() {
        let object = json!({"a": [1, {"b": "x", "c": null}], "managedFields": [1, 2, 3]});
        assert_eq!(values(&object), 3);
        let gone = json!({"a": 1, "u1": {"podID": "x", "status": {"deleted": {"at": 1}}}});
        assert_eq!(values(&gone), 1);
    }
}
