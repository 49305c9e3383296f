//! A sandbox of the harness's own that believes whatever a kernel can: what shows that
//! forged frames would be believed.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::Context;
use probe::{NetnsPath, within};

use super::{Identity, Victim};

/// The link between listener and sender, at both ends.
pub(crate) const OPEN: &str = "open0";
/// What the listener has.
pub(crate) const LISTENER: Victim = Victim {
    v4: Ipv4Addr::new(192, 0, 2, 2),
    v6: Ipv6Addr::new(0x2001, 0xdb8, 0xfe, 0, 0, 0, 0, 2),
};
/// Its router, who is nobody.
pub(crate) const GATEWAY: Victim =
    Victim { v4: Ipv4Addr::new(192, 0, 2, 1), v6: Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0xfe) };
const ROUTER: &str = "02:00:00:00:fe:01";
const EARS: [(&str, &str); 6] = [
    ("net/ipv6/conf/open0/disable_ipv6", "0"),
    ("net/ipv6/conf/open0/accept_dad", "0"),
    ("net/ipv6/conf/open0/accept_ra", "2"),
    ("net/ipv6/conf/open0/accept_redirects", "1"),
    ("net/ipv4/conf/open0/accept_redirects", "1"),
    ("net/ipv4/conf/all/accept_redirects", "1"),
];

/// Lines for `ip` that make the link, in the listener's namespace.
pub(crate) fn link(sender: &NetnsPath) -> anyhow::Result<String> {
    let name = sender.path().file_name().context("a namespace without a name")?;
    Ok(format!("link add {OPEN} type veth peer name {OPEN} netns {}", name.to_string_lossy()))
}

/// Opens the listener's ears; its link must be there, and down.
pub(crate) fn open(listener: &NetnsPath) -> anyhow::Result<()> {
    let set =
        || EARS.iter().try_for_each(|(key, value)| fs::write(format!("/proc/sys/{key}"), value));
    within(listener, set)?.context("open the ears of a link")
}

/// Lines for `ip` that give the listener its addresses and its router, and make the
/// sender somebody to whom a way could lead.
pub(crate) fn lines(sender: &Identity) -> Vec<String> {
    let mac = super::colons(sender.mac);
    vec![
        format!("link set {OPEN} up"),
        format!("addr add {}/24 dev {OPEN}", LISTENER.v4),
        format!("addr add {}/64 dev {OPEN} nodad", LISTENER.v6),
        format!("neigh add {} lladdr {ROUTER} dev {OPEN} nud stale", GATEWAY.v4),
        format!("neigh add {} lladdr {ROUTER} dev {OPEN} nud stale", GATEWAY.v6),
        format!("route add default via {} dev {OPEN}", GATEWAY.v4),
        format!("-6 route add default via {} dev {OPEN}", GATEWAY.v6),
        format!("route add {} dev {OPEN}", sender.v4),
        format!("neigh add {} lladdr {mac} dev {OPEN} nud permanent", sender.v4),
    ]
}
