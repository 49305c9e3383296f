//! Interfaces that the controller offers: their devices found, brought up and
//! routed; those that are gone, cleaned up after.

use std::collections::BTreeMap;
use std::sync::Mutex;

use kernel::links::{self, Links};
use kernel::{Conn, KernelError, apply, read, remove, sysctl::Sysctls};
use model::kernel::{Layout, Scene};
use model::pool::{IpStack, OfferedEni};
use model::{EniId, EniLink};
use plan::{rebuild, wire};

use crate::agent::{Agent, blocking, chain, now_ms};
use crate::holdings::Extent;
use crate::metrics::Kind;
use crate::repair;
use crate::watch::node::Described;

/// Interfaces that were set up in this life of the process, with their devices.
#[derive(Default)]
pub(crate) struct Plugged(Mutex<BTreeMap<EniId, (EniLink, String)>>);

impl Plugged {
    /// Name of the device of an interface that was set up.
    pub(crate) fn device(&self, eni: &EniId) -> Option<String> {
        self.0.lock().expect("no holder panics").get(eni).map(|(_, device)| device.clone())
    }

    fn holds(&self, link: &EniLink, device: &str) -> bool {
        let plugged = self.0.lock().expect("no holder panics");
        plugged.get(&link.id).is_some_and(|(there, name)| there == link && name == device)
    }

    fn insert(&self, link: &EniLink, device: String) {
        let mut plugged = self.0.lock().expect("no holder panics");
        plugged.insert(link.id.clone(), (link.clone(), device));
    }
}

/// Takes the offer into the pool. Answers whether every interface of it was found.
pub(crate) async fn take(agent: &Agent, described: Vec<Described>) -> bool {
    let wanted = described.len();
    let found = match find(agent, &described).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(error = chain(&error), "look for interfaces");
            return false;
        }
    };
    let layout = agent.layout();
    let stack = agent.settings().map(|settings| settings.eni.stack).unwrap_or_default();
    let mut offer = Vec::new();
    for (described, link, device) in found {
        if !agent.plugged.holds(&link, &device) {
            let set = (link.clone(), device.clone());
            if let Err(error) = blocking(move || set_up(&set.0, &set.1, stack, layout)).await {
                tracing::warn!(eni = %link.id, error = chain(&error), "set up interface");
                continue;
            }
            tracing::info!(eni = %link.id, device, table = link.table(), "interface set up");
            defect::point("daemon.interface.set-up");
            agent.plugged.insert(&link, device);
            agent.repairs.made_ready();
        }
        offer.push(OfferedEni { link, open: described.open, addresses: described.addresses });
    }
    let complete = offer.len() == wanted;
    let extent = if complete { Extent::Whole } else { Extent::Part };
    match agent.holdings.take_offer(offer, extent, now_ms()) {
        Ok(answers) => {
            let count = |kind, number: usize| {
                agent.metrics.releases.get_or_create(&Kind { kind }).inc_by(number as u64);
            };
            count("released", answers.released.len());
            count("denied", answers.denied.len());
        }
        Err(error) => {
            tracing::error!(error = chain(&error), "write the pool down");
            return false;
        }
    }
    unplug(agent).await;
    repair::soon(agent);
    complete
}

async fn find(
    agent: &Agent,
    described: &[Described],
) -> Result<Vec<(Described, EniLink, String)>, KernelError> {
    let new = described.iter().any(|described| agent.holdings.lacks_slot(&described.id));
    let (links, seen) = blocking(move || look(new)).await?;
    let mut found = Vec::new();
    for described in described {
        let Some(device) = links.by_mac(described.mac) else { continue };
        let table = rebuild::TABLES + device.index;
        let slot = match agent.holdings.slot(&described.id, rebuild::slot(&seen, table)) {
            Ok(slot) => slot,
            Err(error) => {
                tracing::error!(error = chain(&error), "write a slot down");
                continue;
            }
        };
        let device = if defect::on("interfaces-are-known-by-their-number") {
            links.by_name(&format!("eth{slot}")).unwrap_or(device)
        } else {
            device
        };
        let link = EniLink {
            id: described.id.clone(),
            mac: described.mac,
            index: device.index,
            gateways: described.gateways.clone(),
            slot,
        };
        found.push((described.clone(), link, device.name.clone()));
    }
    Ok(found)
}

/// The node's links, and its rules where an interface is new: the kernel may know it
/// better than the journal.
fn look(rules: bool) -> Result<(Links, Scene), KernelError> {
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let seen = if rules { read(&mut conn, &links)? } else { Scene::default() };
    Ok((links, seen))
}

/// What the node itself needs comes first: a pod is served as soon as the
/// interface is in the pool.
fn set_up(link: &EniLink, device: &str, stack: IpStack, layout: Layout) -> Result<(), KernelError> {
    let scene = wire::eni(link, device, layout);
    let node = wire::node(stack);
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let Some(there) = links.by_name(device) else {
        return Err(KernelError::NoLink { name: device.to_owned() });
    };
    let mut sysctls = Sysctls::default();
    for wanted in node.sysctls.iter().chain(&scene.sysctls) {
        if sysctls.read(&wanted.key)?.as_deref() != Some(wanted.value.as_str()) {
            sysctls.write(wanted)?;
        }
    }
    links::up(&mut conn, there)?;
    apply(&mut conn, &links, &scene)?;
    let indexes = links.iter().map(|link| link.index).collect();
    let rules = rebuild::stale(&read(&mut conn, &links)?, link, &indexes);
    remove(&mut conn, &links, &Scene { rules, ..Scene::default() })
        .map_err(|mut errors| errors.remove(0))
}

/// Removes what is left of interfaces that the pool does not hold any more.
async fn unplug(agent: &Agent) {
    let pool = agent.holdings.view().pool;
    let gone: Vec<_> = {
        let mut plugged = agent.plugged.0.lock().expect("no holder panics");
        let gone: Vec<_> =
            plugged.keys().filter(|eni| !pool.enis.contains_key(*eni)).cloned().collect();
        gone.into_iter().filter_map(|eni| plugged.remove(&eni)).collect()
    };
    let layout = agent.layout();
    for (link, device) in gone {
        let id = link.id.clone();
        let removed = blocking(move || {
            let mut conn = Conn::here().map_err(|error| vec![error])?;
            let links = Links::list(&mut conn).map_err(|error| vec![error])?;
            remove(&mut conn, &links, &wire::eni(&link, &device, layout))
        });
        match removed.await {
            Ok(()) => tracing::info!(eni = %id, "interface left"),
            Err(errors) => {
                let causes: Vec<_> = errors.iter().map(|error| chain(error)).collect();
                tracing::warn!(eni = %id, causes = causes.join("; "), "clean up after interface");
            }
        }
    }
    if let Err(error) = agent.holdings.forget_slots() {
        tracing::warn!(error = chain(&error), "forget slots");
    }
}
