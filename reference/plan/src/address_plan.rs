//! Address blocks of a cluster: which may overlap, and what dual stack needs
//! (PLN-1 to PLN-4, IP6-2, IP6-4).

use ipnet::IpNet;
use model::InstanceLimits;
use model::pool::IpStack;
use thiserror::Error;

/// The blocks of a planned cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Blocks {
    /// Blocks of Services.
    pub services: Vec<IpNet>,
    /// Blocks of the nodes' vSwitches.
    pub nodes: Vec<IpNet>,
    /// Blocks of the pods' vSwitches; they may overlap the nodes' (PLN-2).
    pub pods: Vec<IpNet>,
    /// Zones that have a vSwitch.
    pub zones: usize,
    /// Address families of pods.
    pub stack: IpStack,
}

/// Something in a plan that cannot work.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Conflict {
    /// PLN-1.
    #[error(
        "Service block {service} overlaps {whose} block {block}; choose a Service block outside of it"
    )]
    ServiceOverlap {
        /// Block of Services.
        service: IpNet,
        /// `node` or `pod`.
        whose: &'static str,
        /// The block it overlaps.
        block: IpNet,
    },
    /// PLN-3.
    #[error("IPv6 Service block {service} needs dual stack; turn it on or leave the block out")]
    ServiceV6WithoutDualStack {
        /// Block of Services.
        service: IpNet,
    },
    /// IP6-2.
    #[error("dual stack needs Kubernetes 1.22 or later, not {major}.{minor}")]
    OldKubernetes {
        /// Major version.
        major: u32,
        /// Minor version.
        minor: u32,
    },
    /// IP6-2.
    #[error("dual stack excludes eRDMA; turn one of them off")]
    DualStackWithErdma,
    /// IP6-4.
    #[error(
        "node refused: dual stack needs as many IPv6 as IPv4 addresses an interface, and \
         {instance_type} gives {v6} IPv6 and {v4} IPv4"
    )]
    UnequalFamilies {
        /// The node's instance type.
        instance_type: String,
        /// IPv4 addresses an interface.
        v4: u32,
        /// IPv6 addresses an interface; "an unknown number of" where the cloud does not say.
        v6: String,
    },
}

/// Every conflict of a plan, in the order of its blocks.
pub fn conflicts(blocks: &Blocks) -> Vec<Conflict> {
    let mut found = Vec::new();
    for service in &blocks.services {
        let alone = service.addr().is_ipv6() && blocks.stack != IpStack::Dual;
        if alone && !defect::on("ipv6-services-need-nothing") {
            found.push(Conflict::ServiceV6WithoutDualStack { service: *service });
        }
        let theirs = blocks.nodes.iter().map(|block| ("node", block));
        for (whose, block) in theirs.chain(blocks.pods.iter().map(|block| ("pod", block))) {
            if overlap(service, block) {
                let (service, block) = (*service, *block);
                found.push(Conflict::ServiceOverlap { service, whose, block });
            }
        }
    }
    found
}

/// PLN-4: what the document recommends and the plan lacks.
pub fn advice(blocks: &Blocks) -> Option<String> {
    (blocks.zones < 3)
        .then(|| format!("vSwitches in {} zones; three or more are recommended", blocks.zones))
}

/// Whether a cluster can have dual stack at all (IP6-2).
pub fn dual_stack(major: u32, minor: u32, erdma: bool) -> Result<(), Conflict> {
    if (major, minor) < (1, 22) {
        return Err(Conflict::OldKubernetes { major, minor });
    }
    if erdma { Err(Conflict::DualStackWithErdma) } else { Ok(()) }
}

/// Whether a node of this type can serve pods of both families (IP6-4).
pub fn equal_families(limits: &InstanceLimits) -> Result<(), Conflict> {
    if limits.ipv6_per_eni == Some(limits.ipv4_per_eni) {
        return Ok(());
    }
    let (v4, v6) = (limits.ipv4_per_eni, limits.ipv6_per_eni.unwrap_or_default());
    let fewer = v6 < v4 && defect::on("fewer-ipv6-addresses-are-accepted");
    if fewer || (v6 > v4 && defect::on("more-ipv6-addresses-are-accepted")) {
        return Ok(());
    }
    Err(Conflict::UnequalFamilies {
        instance_type: limits.instance_type.clone(),
        v4: limits.ipv4_per_eni,
        v6: limits.ipv6_per_eni.map_or("an unknown number of".to_owned(), |v6| v6.to_string()),
    })
}

fn overlap(a: &IpNet, b: &IpNet) -> bool {
    if a.contains(b) && a != b {
        return !defect::on("block-around-is-no-overlap");
    }
    b.contains(a) && !defect::on("block-inside-is-no-overlap")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn nets(text: &str) -> Vec<IpNet> {
        text.split_whitespace().map(|net| net.parse().unwrap()).collect()
    }

    #[rstest]
    #[case::apart("172.21.0.0/20", "192.168.0.0/19", "192.168.32.0/19", &[])]
    #[case::node_inside("172.16.0.0/12", "172.21.1.0/24", "10.0.0.0/8", &["node block 172.21.1.0/24"])]
    #[case::pod_around("10.9.0.0/16", "192.168.0.0/19", "10.0.0.0/8", &["pod block 10.0.0.0/8"])]
    #[case::pods_on_nodes("172.21.0.0/20", "192.168.0.0/19", "192.168.0.0/19", &[])]
    fn services_stay_apart_from_nodes_and_pods(
        #[case] services: &str,
        #[case] nodes: &str,
        #[case] pods: &str,
        #[case] expected: &[&str],
    ) {
        let blocks = Blocks {
            services: nets(services),
            nodes: nets(nodes),
            pods: nets(pods),
            ..Blocks::default()
        };
        let found: Vec<_> = conflicts(&blocks).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        assert!(found.iter().zip(expected).all(|(text, part)| text.contains(part)), "{found:?}");
    }

    #[test]
    fn an_ipv6_service_block_needs_dual_stack() {
        let mut blocks = Blocks { services: nets("fc00::/112"), ..Blocks::default() };
        assert_eq!(conflicts(&blocks).len(), 1);
        blocks.stack = IpStack::Dual;
        assert!(conflicts(&blocks).is_empty());
    }

    /// IP6-2, as a table.
    #[rstest]
    #[case(1, 21, false, Err(Conflict::OldKubernetes { major: 1, minor: 21 }))]
    #[case(1, 22, false, Ok(()))]
    #[case(1, 34, false, Ok(()))]
    #[case(2, 0, false, Ok(()))]
    #[case(0, 99, false, Err(Conflict::OldKubernetes { major: 0, minor: 99 }))]
    #[case(1, 34, true, Err(Conflict::DualStackWithErdma))]
    fn dual_stack_needs_1_22_and_no_erdma(
        #[case] major: u32,
        #[case] minor: u32,
        #[case] erdma: bool,
        #[case] expected: Result<(), Conflict>,
    ) {
        assert_eq!(dual_stack(major, minor, erdma), expected);
    }

    #[rstest]
    #[case(30, Some(30), true)]
    #[case(30, Some(1), false)]
    #[case(30, None, false)]
    fn families_must_be_equal(#[case] v4: u32, #[case] v6: Option<u32>, #[case] fine: bool) {
        let limits = InstanceLimits {
            instance_type: "t".to_owned(),
            enis: 8,
            ipv4_per_eni: v4,
            ipv6_per_eni: v6,
            total_enis: None,
            trunk: None,
        };
        assert_eq!(equal_families(&limits).is_ok(), fine);
    }
}
