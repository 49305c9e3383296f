//! Gc: everything but the valid attachments is taken back.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::Attachment;
use tonic::Status;

use crate::agent::Agent;

use super::take_back;

/// Goes on after a failure and tells the first one.
pub(super) async fn gc(
    agent: &Arc<Agent>,
    request: rpc::GcRequest,
) -> Result<rpc::GcReply, Status> {
    let mut valid: BTreeSet<_> = request
        .valid
        .into_iter()
        .map(|valid| Attachment { container: valid.container_id, ifname: valid.if_name })
        .collect();
    if defect::on("gc-takes-the-valid-too") {
        valid.clear();
    }
    if defect::on("gc-takes-nothing") {
        return Ok(rpc::GcReply::default());
    }
    let held = agent.holdings.view().grants.into_iter().map(|grant| grant.attachment);
    let (mut released, mut failure) = (Vec::new(), None);
    for attachment in held.filter(|attachment| !valid.contains(attachment)) {
        match take_back(agent, &attachment).await {
            Ok(()) => released.push(rpc::Attachment {
                container_id: attachment.container,
                if_name: attachment.ifname,
            }),
            Err(status) => failure = failure.or(Some(status)),
        }
    }
    match failure {
        None => Ok(rpc::GcReply { released }),
        Some(status) => Err(status),
    }
}
