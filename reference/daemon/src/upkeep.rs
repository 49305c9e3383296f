//! What must be done from time to time: rested addresses freed, release notes
//! taken up, grants of vanished pods collected, the node's condition told.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kernel::Conn;
use kernel::links::Links;
use model::{Attachment, Grant};
use plan::name;
use tokio::time::{Instant, MissedTickBehavior};

use crate::agent::{Agent, blocking, chain, millis, now_ms};
use crate::serve;

/// How often notes are looked for and rested addresses freed.
const PACE: Duration = Duration::from_millis(250);
/// How often grants are compared with pods and sandboxes, before a configuration says.
const COLLECT: Duration = Duration::from_secs(30);

/// Works until the process ends.
pub(crate) async fn keep(agent: Arc<Agent>) {
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut condition = None;
    let mut collected = Instant::now();
    loop {
        pace.tick().await;
        agent.holdings.wake(now_ms());
        take_notes(&agent).await;
        condition = tell_condition(&agent, condition).await;
        let period = agent.settings().map_or(COLLECT, |settings| settings.eni.collect_period);
        if collected.elapsed() >= period {
            collected = Instant::now();
            collect(&agent, 2 * period).await;
        }
    }
}

/// Serves the DELs that came while no daemon listened.
async fn take_notes(agent: &Arc<Agent>) {
    let folder = agent.flags.state_dir.join("releases");
    for (path, attachment) in notes(&folder) {
        if defect::on("notes-are-never-read") {
            return;
        }
        match serve::take_back(agent, &attachment).await {
            Ok(()) => {
                defect::point("daemon.note.taken");
                tracing::info!(sandbox = %attachment, "released by a note");
                let _ = fs::remove_file(&path);
            }
            Err(status) => tracing::warn!(sandbox = %attachment, "{}", status.message()),
        }
    }
}

/// Complete notes; a name that begins with a dot is still being written.
fn notes(folder: &Path) -> Vec<(std::path::PathBuf, Attachment)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let complete =
        entries.flatten().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    complete
        .filter_map(|entry| {
            let bytes = fs::read(entry.path()).ok()?;
            match serde_json::from_slice(&bytes) {
                Ok(attachment) => Some((entry.path(), attachment)),
                Err(error) => {
                    let path = entry.path();
                    tracing::warn!(path = %path.display(), %error, "put aside a note");
                    let _ = fs::rename(&path, path.with_extension("broken"));
                    None
                }
            }
        })
        .filter(|(path, _)| path.extension().is_none_or(|extension| extension != "broken"))
        .collect()
}

/// Gives back what belongs to a sandbox that is gone: its namespace, and with that
/// its pod or its link, as a pod may have another sandbox by now. A younger grant
/// than `young` is left alone.
async fn collect(agent: &Arc<Agent>, young: Duration) {
    let mut grants = agent.holdings.view().grants;
    grants.retain(|grant| without_namespace(grant, now_ms().saturating_sub(millis(young))));
    if grants.is_empty() {
        return;
    }
    let links = match blocking(|| Links::list(&mut Conn::here()?)).await {
        Ok(links) => links,
        Err(error) => return tracing::warn!(error = chain(&error), "look for sandboxes' links"),
    };
    for grant in grants {
        let unlinked = links.by_name(&name::host_link(&grant.attachment)).is_none()
            && !defect::on("lost-sandboxes-wait-for-their-pod");
        if !unlinked && (agent.pods.knows(&grant.pod) || !agent.pods.gone(&grant.pod).await) {
            continue;
        }
        let Grant { attachment, pod, .. } = grant;
        match serve::take_back(agent, &attachment).await {
            Ok(()) => {
                if !defect::on("collection-is-not-counted") {
                    agent.metrics.collected.inc();
                }
                tracing::warn!(%pod, sandbox = %attachment, "collected without a DEL");
            }
            Err(status) => tracing::warn!(sandbox = %attachment, "{}", status.message()),
        }
    }
}

/// Whether a grant was made before a time and the namespace of its sandbox is gone.
fn without_namespace(grant: &Grant, before_ms: u64) -> bool {
    grant.granted_ms <= before_ms && !Path::new(&grant.netns).exists()
}

/// Tells when addresses run out and when there are some again.
async fn tell_condition(agent: &Agent, told: Option<bool>) -> Option<bool> {
    let Ok(admission) = agent.admitted() else { return told };
    let view = agent.holdings.view();
    let shortage = agent.standing.borrow().shortage.clone();
    let held = view.grants.iter().filter(|grant| grant.addresses.v4.is_some()).count() as u64;
    let full = held >= admission.limit;
    let short = view.waiting > 0 && !shortage.is_empty();
    let sufficient = !(full || short);
    if told == Some(sufficient) {
        return told;
    }
    let message = match (full, short) {
        (true, _) => format!("all {} addresses of this node are in use", admission.limit),
        (_, true) => shortage,
        _ => "addresses are left".to_owned(),
    };
    let reason = if sufficient { "SufficientIP" } else { "InsufficientIP" };
    agent.events.condition(api::names::SUFFICIENT_IP, sufficient, reason, &message).await;
    Some(sufficient)
}

/// Writes the plugin's configuration once the node may serve, and whenever it
/// changes; tells how many pods can get an address here.
pub(crate) async fn publish(agent: Arc<Agent>) {
    let mut settings = agent.settings.subscribe();
    let mut standing = agent.standing.subscribe();
    let mut told = None;
    loop {
        if let (Ok(admission), Ok(settings)) = (agent.admitted(), agent.settings()) {
            match settings.plugin.publish(&agent.flags.cni_dir) {
                Ok(true) => tracing::info!(folder = %agent.flags.cni_dir.display(), "published"),
                Ok(false) => {}
                Err(error) => tracing::error!(error = chain(&error), "publish the configuration"),
            }
            if told != Some(admission.limit) && !defect::on("capacity-is-unpublished") {
                let limit = admission.limit.to_string();
                agent.events.annotate(api::names::MAX_AVAILABLE_IP, &limit).await;
                told = Some(admission.limit);
            }
        }
        tokio::select! {
            done = settings.changed() => if done.is_err() { return },
            done = standing.changed() => if done.is_err() { return },
        }
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;
    use model::{Addresses, PodRef};

    #[test]
    fn a_sandbox_is_gone_with_its_namespace_unless_it_is_young() {
        let folder = tempfile::tempdir().unwrap();
        let grant = |netns: &Path, granted_ms| Grant {
            attachment: Attachment { container: "c1".to_owned(), ifname: "eth0".to_owned() },
            pod: PodRef::default(),
            netns: netns.display().to_string(),
            eni: "eni-1".into(),
            addresses: Addresses::default(),
            granted_ms,
        };
        let gone = folder.path().join("gone");
        assert!(without_namespace(&grant(&gone, 5), 5));
        assert!(!without_namespace(&grant(&gone, 6), 5));
        assert!(!without_namespace(&grant(folder.path(), 5), 5));
    }

    #[test]
    fn complete_notes_are_read_and_broken_ones_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("c1@eth0", r#"{"container":"c1","ifname":"eth0"}"#);
        write("c2@eth0", r#"{"conta"#);
        write(".c3@eth0.77", "");
        fs::write(folder.path().join("c4@eth0"), [0xff, 0xfe]).unwrap();
        let found: Vec<_> =
            notes(folder.path()).into_iter().map(|(_, attachment)| attachment.container).collect();
        assert_eq!(found, ["c1"]);
        assert!(folder.path().join("c2@eth0.broken").exists());
        assert!(folder.path().join("c4@eth0.broken").exists(), "also what is no UTF-8");
        assert_eq!(notes(folder.path()).len(), 1);
    }
}
