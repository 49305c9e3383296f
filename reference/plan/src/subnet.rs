//! Addresses of a vSwitch that follow from its block.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// The vSwitch's router: the third-last address of the block, for both families.
pub fn gateway(block: IpNet) -> IpAddr {
    match block {
        IpNet::V4(net) => Ipv4Addr::from(u32::from(net.broadcast()).saturating_sub(2)).into(),
        IpNet::V6(net) => Ipv6Addr::from(u128::from(net.broadcast()).saturating_sub(2)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("10.0.1.0/24", "10.0.1.253")]
    #[case("192.168.32.0/19", "192.168.63.253")]
    #[case("fd00:1::/64", "fd00:1::ffff:ffff:ffff:fffd")]
    fn the_router_is_third_last(#[case] block: &str, #[case] expected: &str) {
        assert_eq!(gateway(block.parse().unwrap()), expected.parse::<IpAddr>().unwrap());
    }
}
