//! One round for one node: look, judge, give back, grow, shrink, write.

use std::sync::Arc;
use std::time::Duration;

use api::node::{Admission, NodeStatus};
use api::node_runtime::{NodeRuntime, NodeRuntimeStatus};
use k8s_openapi::api::core::v1::Node as ApiNode;
use kube::api::PostParams;
use kube::runtime::controller::Action;
use kube::runtime::events::EventType;
use kube::{Api, ResourceExt};
use model::InstanceLimits;
use thiserror::Error;

use crate::context::Context;
use crate::events::tell;
use crate::{admit, compare, giveback, growth, limits, retire};

/// Why a round ended early; it comes again after a pause.
#[derive(Debug, Error)]
pub(crate) enum RoundError {
    /// The Kubernetes API refused.
    #[error("{act}")]
    Api {
        act: &'static str,
        #[source]
        source: Box<kube::Error>,
    },
    /// The cloud refused.
    #[error("{act}")]
    Cloud {
        act: String,
        #[source]
        source: cloud::Error,
    },
}

impl RoundError {
    pub(crate) fn api(act: &'static str) -> impl FnOnce(kube::Error) -> Self {
        move |source| Self::Api { act, source: Box::new(source) }
    }

    pub(crate) fn cloud(act: impl Into<String>) -> impl FnOnce(cloud::Error) -> Self {
        let act = act.into();
        move |source| Self::Cloud { act, source }
    }
}

/// The node that a round is about.
pub(crate) struct Round<'a> {
    pub(crate) context: &'a Context,
    pub(crate) node: &'a api::Node,
    pub(crate) name: String,
    pub(crate) instance: String,
    pub(crate) runtime: NodeRuntimeStatus,
}

/// Works on one node; the runtime never starts two rounds for the same one.
pub(crate) async fn round(
    node: Arc<api::Node>,
    context: Arc<Context>,
) -> Result<Action, RoundError> {
    let name = node.name_any();
    // What set the round off may be older than what the last one wrote, and books
    // that lack an interface would have it made a second time.
    let books: Api<api::Node> = Api::all(context.kube.clone());
    let fresh = books.get_opt(&name).await.map_err(RoundError::api("look up the node's books"))?;
    let Some(node) = fresh else { return Ok(Action::await_change()) };
    let nodes: Api<ApiNode> = Api::all(context.kube.clone());
    let there = nodes.get_opt(&name).await.map_err(RoundError::api("look up the Node"))?;
    let runtimes: Api<NodeRuntime> = Api::all(context.kube.clone());
    let runtime =
        runtimes.get_opt(&name).await.map_err(RoundError::api("look up the NodeRuntime"))?;
    let Some(metadata) = node.spec.node_metadata.clone() else { return Ok(Action::await_change()) };
    let round = Round {
        context: &context,
        node: &node,
        instance: metadata.instance_id.clone(),
        runtime: runtime.and_then(|runtime| runtime.status).unwrap_or_default(),
        name,
    };
    if there.is_none() || node.metadata.deletion_timestamp.is_some() {
        return retire::retire(&round).await;
    }
    let before = node.status.clone().unwrap_or_default();
    let mut status = before.clone();
    let again = work(&round, &mut status).await;
    // What was done stands in the books, however the round ended.
    write(&round, &before, status).await?;
    let again = again?;
    context.memory.went_well(&round.name);
    Ok(Action::requeue(again))
}

/// A round failed: comes again after a pause that grows.
#[allow(clippy::needless_pass_by_value, reason = "the runtime's signature")]
pub(crate) fn failed(node: Arc<api::Node>, error: &RoundError, context: Arc<Context>) -> Action {
    let name = node.name_any();
    let conflict = matches!(error, RoundError::Api { source, .. }
        if matches!(&**source, kube::Error::Api(status) if status.code == 409));
    if conflict {
        return Action::requeue(Duration::from_millis(10));
    }
    let pause = context.memory.failed(&name, &context.config);
    context.memory.forget_sync(&name);
    tracing::warn!(node = name, error = chain(error), ?pause, "round failed");
    if let RoundError::Cloud { act, source } = error
        && !defect::on("cloud-refusal-is-untold")
    {
        let note = format!("{act}: the cloud answers {}", source.code());
        tokio::spawn(async move {
            tell(&context, &name, EventType::Warning, "CloudRefused", note).await;
        });
    }
    Action::requeue(pause)
}

async fn work(round: &Round<'_>, status: &mut NodeStatus) -> Result<Duration, RoundError> {
    let context = round.context;
    let Some(spec) = round.node.spec.eni.clone() else { return Ok(context.config.sync_period) };
    let metadata = round.node.spec.node_metadata.clone().unwrap_or_default();
    let known = match limits::of(context, &metadata.instance_type).await {
        Ok(known) => known,
        Err(limits::NoLimits::Ask { source, .. }) => {
            return Err(RoundError::cloud("ask for the node's limits")(source));
        }
        Err(odd) => {
            let message = format!("node refused: {odd}");
            judge(round, status, Admission { admitted: false, limit: 0, message }).await;
            return Ok(context.config.limits_ttl);
        }
    };
    let admission = admit::judge(context, &spec, &known).await?;
    let admitted = admission.admitted;
    judge(round, status, admission).await;
    if !admitted {
        if status.network_interfaces.is_empty() && defect::on("refused-node-gets-an-interface") {
            let _ = crate::create::create(round, status, &spec, 1).await;
        }
        return Ok(context.config.limits_ttl);
    }
    manage(round, status, &spec, &known).await
}

async fn manage(
    round: &Round<'_>,
    status: &mut NodeStatus,
    spec: &api::node::EniSpec,
    known: &InstanceLimits,
) -> Result<Duration, RoundError> {
    let context = round.context;
    let foreign = compare::with_cloud(round, status, spec).await?;
    giveback::settle(round, status).await?;
    growth::grow(round, status, spec, known, foreign).await?;
    let again = growth::shrink(round, status, spec, known, foreign);
    crate::books::name_pods(status, &round.runtime);
    let moving = status.network_interfaces.values().any(|nic| nic.status != api::node::IN_USE)
        || context.memory.misses(&round.name);
    let period = if moving { context.config.poll_period } else { again };
    Ok(period.min(context.config.sync_period))
}

async fn judge(round: &Round<'_>, status: &mut NodeStatus, admission: Admission) {
    if status.admission.as_ref() == Some(&admission) {
        return;
    }
    let (kind, reason, note) = if admission.admitted {
        let note = format!("{} pods can get an address here", admission.limit);
        (EventType::Normal, "NodeAdmitted", note)
    } else {
        (EventType::Warning, "NodeRefused", admission.message.clone())
    };
    tell(round.context, &round.name, kind, reason, note.clone()).await;
    crate::events::condition(round.context, &round.name, &admission, &note).await;
    status.admission = Some(admission);
}

/// Writes the status if it changed; a conflict ends the round.
pub(crate) async fn write(
    round: &Round<'_>,
    before: &NodeStatus,
    status: NodeStatus,
) -> Result<(), RoundError> {
    if *before == status {
        return Ok(());
    }
    let api: Api<api::Node> = Api::all(round.context.kube.clone());
    let mut node = round.node.clone();
    node.status = Some(status);
    defect::point("controller.books.due");
    let written = api.replace_status(&round.name, &PostParams::default(), &node).await;
    defect::point("controller.books.written");
    // The cloud may hold what could not be written down: look again.
    written.map(drop).map_err(|error| {
        round.context.memory.forget_sync(&round.name);
        RoundError::api("write the node's books")(error)
    })
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
