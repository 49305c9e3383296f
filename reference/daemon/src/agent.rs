//! Everything that the daemon's tasks share.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use api::node::Admission;
use model::Grant;
use model::kernel::Layout;
use plan::wire::{self, Parting, PodWiring};
use tokio::sync::{OnceCell, watch};
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use crate::beside::Threads;
use crate::conflist::PluginConf;
use crate::events::Events;
use crate::flags::Flags;
use crate::holdings::Holdings;
use crate::journal::Broken;
use crate::marking::Marking;
use crate::metrics::Metrics;
use crate::plug::Plugged;
use crate::pods::Pods;
use crate::repair::Repairs;
use crate::turns::Turns;

/// The configuration in force.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Settings {
    pub(crate) eni: api::EniConfig,
    pub(crate) plugin: PluginConf,
}

/// What the controller thinks of the node.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Standing {
    pub(crate) admission: Option<Admission>,
    pub(crate) shortage: String,
}

/// The daemon.
pub(crate) struct Agent {
    pub(crate) flags: Flags,
    pub(crate) client: kube::Client,
    pub(crate) holdings: Holdings,
    pub(crate) turns: Arc<Turns>,
    pub(crate) threads: Threads,
    pub(crate) repairs: Repairs,
    pub(crate) marking: Marking,
    pub(crate) plugged: Plugged,
    pub(crate) pods: Pods,
    pub(crate) events: Events,
    pub(crate) metrics: Metrics,
    /// None until the first good configuration.
    pub(crate) settings: watch::Sender<Option<Arc<Settings>>>,
    pub(crate) standing: watch::Sender<Standing>,
    /// The journal that could not be used.
    pub(crate) broken: Option<Broken>,
    /// Set once the last report is taken up.
    pub(crate) told: OnceCell<()>,
}

impl Agent {
    /// The configuration in force, or the status that says there is none.
    pub(crate) fn settings(&self) -> Result<Arc<Settings>, Status> {
        self.settings.borrow().clone().ok_or_else(|| {
            Status::unavailable("the daemon has no configuration yet: kube-system/eni-config")
        })
    }

    /// Whether pods may be added at all; a refusal names limit and threshold.
    pub(crate) fn admitted(&self) -> Result<Admission, Status> {
        match self.standing.borrow().admission.clone() {
            None if !self.told.initialized() => Err(Status::unavailable(
                "the Kubernetes API has not told yet what this node has, or is out of reach",
            )),
            None => Err(Status::unavailable("the controller has not judged this node yet")),
            Some(admission) if admission.admitted => Ok(admission),
            Some(admission) => Err(Status::failed_precondition(admission.message)),
        }
    }

    /// Waits until the controller has judged the node and a configuration is there,
    /// as after a start, but not longer than to `deadline`.
    pub(crate) async fn ready(&self, deadline: Instant) {
        let (mut standing, mut settings) = (self.standing.subscribe(), self.settings.subscribe());
        let both = async {
            // Neither sender goes before the process does.
            let _ = standing.wait_for(|standing| standing.admission.is_some()).await;
            let _ = settings.wait_for(Option::is_some).await;
        };
        // What is not there in time is told by whoever needs it.
        let _ = timeout_at(deadline, both).await;
    }

    /// The layout of rules and routes in force.
    pub(crate) fn layout(&self) -> Layout {
        self.settings.borrow().as_ref().map(|settings| settings.eni.layout).unwrap_or_default()
    }

    /// The wanted kernel objects of a grant; none while its interface is not plugged in.
    pub(crate) fn wiring(&self, grant: &Grant) -> Option<PodWiring> {
        let Grant { attachment, pod, netns, .. } = grant;
        self.at(grant, |node| {
            wire::pod(attachment, grant.addresses, node).of(attachment, pod, netns)
        })
    }

    /// What is taken out of the node with a grant; none while its interface is not plugged in.
    pub(crate) fn parting(&self, grant: &Grant) -> Option<Parting> {
        self.at(grant, |node| wire::parting(&grant.attachment, grant.addresses, node))
    }

    fn at<T>(&self, grant: &Grant, wire: impl FnOnce(wire::Node<'_>) -> T) -> Option<T> {
        let settings = self.settings.borrow().clone()?;
        let placement = self.holdings.placement(&grant.eni, settings.eni.layout)?;
        Some(wire(wire::Node {
            eni: &placement.eni,
            tables: &placement.tables,
            layout: placement.layout,
            mtu: settings.plugin.mtu,
        }))
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    millis(since)
}

/// A duration in milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Runs blocking work, such as everything in the kernel crate, off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("blocking work does not panic")
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
