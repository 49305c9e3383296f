//! ADD: ask for addresses, wire the pod, answer. Checks all that it can before the
//! first act; whatever fails, nothing stays.

use std::fs::File;
use std::path::Path;
use std::thread;

use ipnet::IpNet;
use kernel::pair::{self, Bare};
use kernel::{KernelError, netns};
use model::cni::{Code, Conf, Failure, Interface, Reply, Target};
use model::{Addresses, Placement};
use nix::sched::sched_getcpu;
use plan::wire::{self, GATEWAY_V4, GATEWAY_V6, PodWiring};
use rpc::{AllocIpReply, AllocIpRequest};
use serde_json::Value;

use crate::daemon::{self, Patience, Trouble};
use crate::del;

/// Attaches `target` and answers the result to print.
pub(crate) fn add(target: &Target, conf: &Conf) -> Result<Value, Failure> {
    let inner = netns::open(Path::new(&target.netns));
    if inner.is_err() && defect::on("add-into-nowhere-succeeds") {
        return Ok(serde_json::json!({"cniVersion": conf.version.text(), "ips": []}));
    }
    let inner = inner.map_err(|error| {
        Failure::new(Code::UnknownContainer, format!("open CNI_NETNS {}", target.netns))
            .because(chain(&error))
    })?;
    defect::point("cni.add.begun");
    let (reply, early) = allocate(target, conf, &inner)?;
    defect::point("cni.add.granted");
    let wired = rpc::granted(&reply)
        .map_err(|error| Failure::new(Code::Refused, "read the daemon's grant").because(error))
        .map(|(addresses, placement)| (wiring(target, conf, addresses, &placement), addresses))
        .and_then(|(wiring, addresses)| {
            wire_pod(&wiring, early, &inner).map(|()| (wiring, addresses)).map_err(|error| {
                Failure::new(Code::Kernel, format!("wire pod {}", target.pod))
                    .because(chain(&error))
            })
        });
    match wired {
        Ok((wiring, addresses)) => {
            defect::point("cni.add.wired");
            Ok(reply_of(target, conf, &wiring, addresses).to_json(conf.version))
        }
        Err(failure) => {
            // The first failure is the one to tell. What cannot be given back
            // now waits in the release queue.
            let _ = del::del(&target.attachment, &target.pod, conf);
            Err(failure)
        }
    }
}

/// Asks for addresses, and makes the pair while the daemon looks for them: it needs none.
/// Nothing is made where something is in the way.
fn allocate<'a>(
    target: &Target,
    conf: &Conf,
    inner: &'a File,
) -> Result<(AllocIpReply, Option<Bare<'a>>), Failure> {
    let request = AllocIpRequest {
        k8s_pod_name: target.pod.name.clone(),
        k8s_pod_namespace: target.pod.namespace.clone(),
        k8s_pod_infra_container_id: target.attachment.container.clone(),
        netns: target.netns.clone(),
        if_name: target.attachment.ifname.clone(),
        pod_uid: target.pod.uid.clone(),
        processor: here(),
    };
    let failure =
        |trouble: Trouble| trouble.failure(format!("allocate an address for pod {}", target.pod));
    let asked = daemon::begin(&conf.socket, Patience::Restart, &request).map_err(failure)?;
    // Where both are on this processor it begins, and goes to another, only once this waits.
    thread::yield_now();
    let veth = wire::veth(&target.attachment, conf.mtu);
    let early = pair::make_where_nothing_is(&veth, inner).ok();
    match asked.end() {
        Ok(reply) => Ok((reply, early)),
        Err(trouble) => {
            // What cannot be undone now is found by its name at the next try.
            early.map(Bare::remove);
            Err(failure(trouble))
        }
    }
}

/// The processor of this thread as the daemon is told of it.
fn here() -> u32 {
    sched_getcpu().ok().and_then(|number| u32::try_from(number + 1).ok()).unwrap_or_default()
}

/// Wires the pod by the pair that is there; by a new one if somebody took that away.
fn wire_pod(wiring: &PodWiring, early: Option<Bare<'_>>, inner: &File) -> Result<(), KernelError> {
    let PodWiring { veth, pod, host, .. } = wiring;
    let dressed = early.map(|bare| bare.dress(&veth.alias, pod, host));
    match dressed {
        Some(Ok(())) => Ok(()),
        Some(Err(_)) | None => pair::attach(veth, pod, host, inner),
    }
}

fn wiring(target: &Target, conf: &Conf, addresses: Addresses, placement: &Placement) -> PodWiring {
    let node = wire::Node {
        eni: &placement.eni,
        tables: &placement.tables,
        layout: placement.layout,
        mtu: conf.mtu,
    };
    let attachment = &target.attachment;
    wire::pod(attachment, addresses, node).of(attachment, &target.pod, &target.netns)
}

fn reply_of(target: &Target, conf: &Conf, wiring: &PodWiring, addresses: Addresses) -> Reply {
    let link = |end: &model::kernel::VethEnd, sandbox| Interface {
        name: end.name.clone(),
        mac: end.mac,
        mtu: conf.mtu,
        sandbox,
    };
    Reply {
        host: link(&wiring.veth.host, None),
        pod: link(&wiring.veth.pod, Some(target.netns.clone())),
        addresses: addresses
            .iter()
            .map(|address| {
                let gateway = if address.is_ipv4() { GATEWAY_V4.into() } else { GATEWAY_V6.into() };
                (IpNet::from(address), gateway)
            })
            .collect(),
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &KernelError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
