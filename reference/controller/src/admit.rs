//! Whether a node may serve pods: its limit (ADM-1), its families (IP6-4), the
//! cluster's address plan (PLN-1, PLN-3).

use api::node::{Admission, EniSpec};
use ipnet::IpNet;
use model::InstanceLimits;
use model::pool::IpStack;
use plan::address_plan::{self, Blocks};
use plan::admission::{self, Mode};
use plan::capacity;

use crate::context::Context;
use crate::round::RoundError;
use crate::vswitches;

/// Judges a node of these limits under this configuration.
pub(crate) async fn judge(
    context: &Context,
    spec: &EniSpec,
    limits: &InstanceLimits,
) -> Result<Admission, RoundError> {
    let limit = capacity::shared(limits);
    let refused = |message: String| Admission { admitted: false, limit, message };
    if let Err(refusal) = admission::admit(Mode::Shared, limit) {
        if defect::on("refusal-without-numbers") {
            return Ok(refused("node refused: its limit is too low".to_owned()));
        }
        return Ok(refused(refusal.to_string()));
    }
    if spec.enable_ipv6
        && let Err(conflict) = address_plan::equal_families(limits)
    {
        return Ok(refused(conflict.to_string()));
    }
    let blocks = blocks(context, spec).await?;
    let conflicts: Vec<_> =
        address_plan::conflicts(&blocks).iter().map(ToString::to_string).collect();
    if !conflicts.is_empty() {
        return Ok(refused(format!("node refused: {}", conflicts.join("; "))));
    }
    Ok(Admission { admitted: true, limit, message: String::new() })
}

async fn blocks(context: &Context, spec: &EniSpec) -> Result<Blocks, RoundError> {
    let mut pods: Vec<IpNet> = Vec::new();
    for id in &spec.v_switch_options {
        let found = vswitches::find(context, id)
            .await
            .map_err(RoundError::cloud(format!("describe vSwitch {id}")))?;
        pods.extend(found.iter().flat_map(vswitches::blocks));
    }
    Ok(Blocks {
        services: spec.service_cidrs.iter().filter_map(|block| block.parse().ok()).collect(),
        pods,
        stack: if spec.enable_ipv6 { IpStack::Dual } else { IpStack::Ipv4 },
        ..Blocks::default()
    })
}
