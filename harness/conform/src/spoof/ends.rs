//! Identities of pods and of links, from what the kernel holds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use anyhow::Context;
use facts::kernel::KernelState;
use probe::frame::Mac;
use serde_json::Value;

use super::Victim;

/// What a pod was given, and what follows from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    pub(crate) mac: Mac,
    pub(crate) v4: Ipv4Addr,
    pub(crate) v6: Ipv6Addr,
    pub(crate) link_local: Ipv6Addr,
}

/// The identity on a pod's link, and the hardware address of its gateway.
pub(crate) fn identity(
    state: &KernelState,
    ifname: &str,
    addresses: &[IpAddr],
) -> anyhow::Result<(Identity, Mac)> {
    let (own_mac, own_link_local) = end(state, ifname)?;
    let v4 = addresses.iter().find_map(|address| match address {
        IpAddr::V4(v4) => Some(*v4),
        IpAddr::V6(_) => None,
    });
    let v6 = addresses.iter().find_map(|address| match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => Some(*v6),
    });
    let own = Identity {
        mac: own_mac,
        v4: v4.context("a pod without an IPv4 address")?,
        v6: v6.context("a pod without an IPv6 address")?,
        link_local: own_link_local,
    };
    let mut neighbours = list(&state.neighbours).iter().filter(|entry| entry["dev"] == ifname);
    let next = neighbours.find_map(|entry| mac(&entry["lladdr"]));
    Ok((own, next.context("a pod that does not know its gateway")?))
}

/// Name and IPv6 address of its own of the link that has this hardware address.
pub(crate) fn opposite(state: &KernelState, next: Mac) -> anyhow::Result<(String, Ipv6Addr)> {
    let found = list(&state.links).iter().find(|link| mac(&link["address"]) == Some(next));
    let link = found.context("the node has no link of the gateway's hardware address")?;
    let name = link["ifname"].as_str().unwrap_or_default().to_owned();
    Ok((name, link_local(link).context("a link without a link-local address")?))
}

/// Hardware address and IPv6 address of its own of a link.
pub(crate) fn end(state: &KernelState, ifname: &str) -> anyhow::Result<(Mac, Ipv6Addr)> {
    let link = list(&state.links).iter().find(|link| link["ifname"] == ifname);
    let link = link.with_context(|| format!("{} has no link {ifname}", state.place))?;
    let own = mac(&link["address"]).context("a link without a hardware address")?;
    Ok((own, link_local(link).context("a link without a link-local address")?))
}

/// The router of a pod.
pub(crate) fn gateway(state: &KernelState) -> anyhow::Result<Victim> {
    let via = |routes: &Value| {
        let default = list(routes).iter().find(|route| route["dst"] == "default");
        default.and_then(|route| route["gateway"].as_str()).map(str::to_owned)
    };
    let (v4, v6) = (via(&state.routes4), via(&state.routes6));
    let (v4, v6) = (v4.context("no IPv4 gateway")?, v6.context("no IPv6 gateway")?);
    Ok(Victim { v4: v4.parse().context(v4)?, v6: v6.parse().context(v6)? })
}

fn link_local(link: &Value) -> Option<Ipv6Addr> {
    let own = list(&link["addr_info"]).iter();
    own.filter(|entry| entry["scope"] == "link" && entry["family"] == "inet6")
        .find_map(|entry| entry["local"].as_str()?.parse().ok())
}

fn mac(value: &Value) -> Option<Mac> {
    let bytes: Vec<u8> = value
        .as_str()?
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16))
        .collect::<Result<_, _>>()
        .ok()?;
    bytes.try_into().ok()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
