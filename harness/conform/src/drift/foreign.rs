//! Objects of others beside the target's, which nobody may touch.

use anyhow::Context;
use facts::Fact;
use probe::NetnsPath;

use super::{must, shell};

/// The table of the foreign rules.
pub(super) const TABLE: &str = "77";

/// What is placed: rules before and after the target's, a table of its own with
/// routes, an address, a neighbour, a filter and a queue.
const PLACED: [&str; 9] = [
    "ip link add foreign0 type veth peer name foreign1 && ip link set foreign1 up && ip link set foreign0 up mtu 1400",
    "ip addr add 192.0.2.1/24 dev foreign0 && ip -6 addr add 2001:db8:77::1/64 dev foreign0 nodad",
    "ip rule add priority 77 from 192.0.2.99 table 77",
    "ip rule add priority 512 from 192.0.2.98 table 77",
    "ip -6 rule add priority 3000 from 2001:db8:77::99 table 77",
    "ip route add 203.0.113.0/24 via 192.0.2.2 table 77 && ip route add 203.0.113.128/25 via 192.0.2.2",
    "ip neigh add 192.0.2.2 lladdr 02:00:5e:00:53:77 dev foreign0 nud permanent",
    "nft 'add table inet foreign; add chain inet foreign c { type filter hook prerouting priority 0; }; \
     add rule inet foreign c ip saddr 192.0.2.99 drop'",
    "tc qdisc add dev foreign0 root tbf rate 1mbit burst 32kbit latency 50ms",
];

/// What is looked at, by name.
const LOOKS: [(&str, &str); 8] = [
    ("foreign link", "ip -o link show dev foreign0"),
    ("foreign addresses", "ip -o addr show dev foreign0 scope global"),
    ("foreign IPv4 rules", "ip rule show table 77"),
    ("foreign IPv6 rule", "ip -6 rule show table 77"),
    ("foreign routes", "ip route show table all dev foreign0 | grep -v 'proto kernel'"),
    ("foreign neighbour", "ip neigh show dev foreign0 nud permanent"),
    ("foreign filter", "nft list table inet foreign"),
    ("foreign queue", "tc qdisc show dev foreign0"),
];

/// Places them.
pub(crate) fn place(netns: &NetnsPath) -> anyhow::Result<()> {
    PLACED.iter().try_for_each(|line| must(netns, line)).context("place foreign objects")
}

/// How each reads now, by name.
pub(crate) fn look(netns: &NetnsPath) -> anyhow::Result<Vec<(&'static str, Fact)>> {
    let look = |(name, line): (&'static str, &str)| {
        let output = probe::run(shell(netns, line), "")?;
        let argv = line.split(' ').map(str::to_owned).collect();
        let probe::Output { exit, stdout, stderr } = output;
        Ok((name, Fact::Command { argv, exit, stdout, stderr }))
    };
    LOOKS.into_iter().map(look).collect()
}
