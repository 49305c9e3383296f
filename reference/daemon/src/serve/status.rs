//! Status: whether an ADD could be served. An empty pool is no reason to say no.

use crate::agent::Agent;

/// Names what is missing.
pub(super) fn status(agent: &Agent) -> rpc::StatusReply {
    let why = agent
        .settings()
        .err()
        .or_else(|| agent.admitted().err())
        .map(|status| status.message().to_owned());
    let pods_suffer = why.is_some() && !agent.holdings.view().grants.is_empty();
    rpc::StatusReply { why: why.unwrap_or_default(), pods_suffer }
}
