//! The cloud as facts: what it holds, and what was asked of it.

use std::collections::{BTreeMap, BTreeSet};

use facts::cloud::{CloudCall, CloudEni, CloudInventory, NO_ANSWER};
use stage::Lab;
use stage::cloud_sim::Family;
use stage::cloud_sim::id::InstanceId;
use stage::cloud_sim::ledger::{Entry, Query};
use stage::cloud_sim::settings::Budget;

use super::{NodeHandle, Suite};

impl Suite {
    /// Interfaces of these nodes' instances, and those that no instance has.
    pub(crate) fn inventory<'a>(
        &self,
        nodes: impl IntoIterator<Item = &'a NodeHandle>,
    ) -> CloudInventory {
        let instances: BTreeMap<String, String> = nodes
            .into_iter()
            .map(|node| (node.alias.clone(), node.node.instance().to_string()))
            .collect();
        let held = self.lab.cloud().sim().inventory();
        let enis = held
            .enis
            .iter()
            .filter(|(_, eni)| {
                eni.instance
                    .as_ref()
                    .is_none_or(|instance| instances.values().any(|id| *id == instance.to_string()))
            })
            .map(|(id, eni)| CloudEni {
                id: id.to_string(),
                kind: format!("{:?}", eni.kind),
                state: eni.status.to_string(),
                mac: eni.mac.to_string(),
                instance: eni.instance.as_ref().map(ToString::to_string),
                vswitch: eni.vswitch.to_string(),
                ipv4: eni.ipv4.iter().map(ToString::to_string).collect(),
                ipv6: eni.ipv6.iter().map(ToString::to_string).collect(),
                tags: eni.tags.clone(),
            })
            .collect();
        CloudInventory { nodes: instances, enis }
    }

    /// What was asked of the cloud after call `since`, about one instance or by anybody.
    pub(crate) fn calls(&self, instance: Option<&InstanceId>, since: u64) -> Vec<CloudCall> {
        let query = Query { instance: instance.cloned(), since, ..Query::default() };
        let entries = self.lab.cloud().sim().ledger(&query);
        entries
            .into_iter()
            .filter(|entry| !entry.action.starts_with("Metadata"))
            .map(call)
            .collect()
    }

    /// What was asked of the cloud after call `since` about one instance, or about an
    /// interface that it has or that a call named together with it.
    pub(crate) fn calls_about(&self, instance: &InstanceId, since: u64) -> Vec<CloudCall> {
        let name = instance.to_string();
        let all = self.calls(None, since);
        let of_instance = |call: &CloudCall| call.instance.as_ref() == Some(&name);
        let held = self.lab.cloud().sim().inventory();
        let attached = held.enis.iter().filter(|(_, eni)| eni.instance.as_ref() == Some(instance));
        let enis: BTreeSet<String> = attached
            .map(|(id, _)| id.to_string())
            .chain(all.iter().filter(|call| of_instance(call)).filter_map(|call| call.eni.clone()))
            .collect();
        let about = |call: &CloudCall| {
            of_instance(call) || call.eni.as_ref().is_some_and(|eni| enis.contains(eni))
        };
        all.into_iter().filter(about).collect()
    }

    /// Gives back what scenarios withheld of these vSwitches' addresses.
    pub(crate) fn widen(&self, vswitches: &BTreeSet<String>) -> anyhow::Result<()> {
        for vswitch in vswitches {
            self.lab.cloud().sim().leave_free(&vswitch.as_str().into(), Family::V4, None)?;
        }
        Ok(())
    }

    /// Makes the cloud answer right, at once and always.
    pub(crate) fn honest(&self) {
        let sim = self.lab.cloud().sim();
        sim.set_faults(Vec::new());
        sim.lag_descriptions(std::time::Duration::ZERO);
        sim.mix_descriptions(false);
    }

    /// Lets these actions be called as often as a lab's short minute needs.
    pub(crate) fn allow<A: AsRef<str>>(&self, actions: impl IntoIterator<Item = A>) {
        allow(&self.lab, actions);
    }

    /// Number of the last call of the cloud so far.
    pub(crate) fn last_call(&self) -> u64 {
        let all = self.lab.cloud().sim().ledger(&Query::default());
        all.last().map_or(0, |entry| entry.seq)
    }
}

/// Lets these actions be called as often as a lab's short minute needs.
pub(super) fn allow<A: AsRef<str>>(lab: &Lab, actions: impl IntoIterator<Item = A>) {
    let plenty = Budget::per_minute(1_000_000);
    for action in actions {
        lab.cloud().sim().set_budget(action.as_ref(), plenty);
    }
}

fn call(entry: Entry) -> CloudCall {
    CloudCall {
        seq: entry.seq,
        at_millis: entry.start_ms,
        action: entry.action,
        params: entry.params,
        error: match (entry.outcome, entry.fault) {
            (Some(outcome), _) => outcome.error,
            (None, fault) => fault.map(|_| NO_ANSWER.to_owned()),
        },
        instance: entry.instance.map(|instance| instance.to_string()),
        eni: entry.eni.map(|eni| eni.to_string()),
        together: entry.in_flight_of_action as u64,
    }
}
