//! Check: what the runtime was told, what was granted and what the kernel holds.

use std::collections::BTreeSet;
use std::path::Path;

use ipnet::IpNet;
use kernel::netns;
use model::kernel::Scene;
use plan::wire::{self, PodWiring};
use tonic::Status;

use crate::agent::{Agent, blocking, chain};
use crate::inspect::{self, Side};
use crate::marking;

use super::attachment;

/// Answers every difference in words; none is a pass.
pub(super) async fn check(
    agent: &Agent,
    request: rpc::CheckRequest,
) -> Result<rpc::CheckReply, Status> {
    let attachment = attachment(request.container_id, request.if_name)?;
    let Some(grant) = agent.holdings.find(&attachment) else {
        return Ok(rpc::CheckReply { differences: vec!["it holds no address".to_owned()] });
    };
    let granted: BTreeSet<_> =
        grant.addresses.iter().map(|address| IpNet::from(address).to_string()).collect();
    let mut told: BTreeSet<_> = request.told.into_iter().collect();
    if defect::on("check-reads-no-result") {
        told.clear();
    }
    let mut differences: Vec<_> = granted
        .symmetric_difference(&told)
        .map(|address| {
            let told = told.contains(address);
            let how = if told { "told and not granted" } else { "granted and not told" };
            format!("address {address} was {how}")
        })
        .collect();
    match agent.wiring(&grant) {
        None => differences.push(format!("interface {} is not plugged in", grant.eni)),
        Some(mut wiring) => {
            // What its interface needs serves the pod as well.
            let view = agent.holdings.view();
            let eni = view.pool.enis.get(&grant.eni).zip(agent.plugged.device(&grant.eni));
            if let Some((eni, device)) = eni {
                let shared = wire::eni(&eni.link, &device, agent.layout());
                let node = wire::node(agent.settings()?.eni.stack);
                wiring.host.sysctls.extend(node.sysctls.into_iter().chain(shared.sysctls));
                wiring.host.routes.extend(shared.routes);
                wiring.host.rules.extend(shared.rules);
            }
            overlook(&mut wiring);
            if defect::on("check-trusts-the-books") {
                return Ok(rpc::CheckReply { differences });
            }
            let netns = request.netns;
            differences.extend(blocking(move || kernel_differences(&wiring, &netns)).await);
        }
    }
    Ok(rpc::CheckReply { differences })
}

/// What a CHECK that looks less closely would not compare.
fn overlook(wiring: &mut PodWiring) {
    if defect::on("check-ignores-the-pods-side") {
        wiring.pod = Scene::default();
    }
    for scene in [&mut wiring.pod, &mut wiring.host] {
        if defect::on("check-ignores-routes") {
            scene.routes.clear();
        }
        if defect::on("check-ignores-rules") {
            scene.rules.clear();
        }
        if defect::on("check-ignores-neighbours") {
            scene.neighbours.clear();
        }
        if defect::on("check-ignores-addresses") {
            scene.addresses.clear();
        }
        if defect::on("check-ignores-sysctls") {
            scene.sysctls.clear();
        }
    }
    if defect::on("check-ignores-marks") {
        wiring.marks.clear();
    }
}

/// Every difference in a sandbox's wiring, in words: either side and the marks.
pub(super) fn kernel_differences(wiring: &PodWiring, netns: &str) -> Vec<String> {
    let mut found = match inspect::here(Side::host(wiring)) {
        Ok(seen) => seen.differences(),
        Err(error) => vec![format!("the node's side: {}", chain(&error))],
    };
    let inside = netns::open(Path::new(netns))
        .and_then(|inner| netns::within(&inner, || inspect::here(Side::pod(wiring))))
        .and_then(|seen| seen);
    match inside {
        Ok(seen) => found.extend(seen.differences()),
        Err(error) => found.push(format!("the pod's side: {}", chain(&error))),
    }
    match marking::missing(&wiring.marks) {
        Ok(missing) => found.extend(missing.iter().map(|mark| format!("{mark} is missing"))),
        Err(error) => found.push(chain(&error)),
    }
    found
}
