//! What must not be there when all scenarios have ended.

use std::time::Duration;

use stage::fabric::netns;

use super::Suite;

/// Namespaces that every lab has.
const OWN: [&str; 3] = ["vpc", "ctl", "world"];

impl Suite {
    /// What scenarios or the target left in kernel and cloud. With `settle`, what
    /// goes away by itself is given a moment to.
    pub(crate) async fn leaks(&self, settle: bool) -> Vec<String> {
        if settle {
            self.collected().await;
        }
        let mut leaks = self.lab.cloud().problems();
        leaks.extend(self.orphans());
        if settle {
            leaks.extend(self.namespaces());
        }
        leaks
    }

    /// Waits for a moment until no interface is without an instance.
    pub(super) async fn collected(&self) {
        let gone = async || Ok(self.orphans().is_empty().then_some(()));
        // What stays nevertheless is told at the end.
        let _ = self.until(Duration::from_secs(5).as_secs_f64(), "collection", gone).await;
    }

    /// Interfaces of the target's making that no instance has.
    fn orphans(&self) -> Vec<String> {
        let held = self.lab.cloud().sim().inventory();
        let orphans = held.enis.iter().filter(|(_, eni)| {
            eni.instance.is_none() && eni.tags.keys().any(|key| key.starts_with("creator"))
        });
        orphans.map(|(id, _)| format!("interface {id} in the cloud, without an instance")).collect()
    }

    fn namespaces(&self) -> Vec<String> {
        let prefix = self.lab.run().namespace("");
        let names = netns::names().unwrap_or_default();
        names
            .into_iter()
            .filter(|name| name.strip_prefix(&prefix).is_some_and(|part| !OWN.contains(&part)))
            .map(|name| format!("namespace {name}"))
            .collect()
    }
}
