//! GetIPInfo: what a sandbox holds.

use tonic::Status;

use crate::agent::Agent;

use super::attachment;

/// Answers with no configuration for a sandbox that holds nothing.
pub(super) fn info(
    agent: &Agent,
    request: &rpc::GetInfoRequest,
) -> Result<rpc::GetInfoReply, Status> {
    let attachment =
        attachment(request.k8s_pod_infra_container_id.clone(), request.if_name.clone())?;
    let mut reply = rpc::GetInfoReply {
        success: true,
        ip_type: rpc::IpType::TypeEniMultiIp.into(),
        ..rpc::GetInfoReply::default()
    };
    let Some(grant) = agent.holdings.find(&attachment) else { return Ok(reply) };
    if let Some(placement) = agent.holdings.placement(&grant.eni, agent.layout()) {
        reply.i_pv4 = grant.addresses.v4.is_some();
        reply.i_pv6 = grant.addresses.v6.is_some();
        reply.net_confs = vec![rpc::net_conf(&attachment.ifname, grant.addresses, &placement)];
    }
    Ok(reply)
}
