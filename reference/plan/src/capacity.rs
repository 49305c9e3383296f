//! How many pods a node can serve: the specification's table "Pod limit
//! calculation" (CAP-1 to CAP-5).
//!
//! Every function takes the cloud's counts and answers a count; small or odd
//! counts give 0, and no product of 32-bit counts overflows.

use model::InstanceLimits;

/// Pods with an address of a shared interface:
/// (EniQuantity - 1) x EniPrivateIpAddressQuantity (CAP-1).
pub fn shared(limits: &InstanceLimits) -> u64 {
    let enis = if defect::on("limit-counts-the-primary") { limits.enis } else { pod_enis(limits) };
    u64::from(enis) * u64::from(limits.ipv4_per_eni)
}

/// Pods with a member interface of the trunk: EniTotalQuantity - EniQuantity,
/// none where the type supports no trunk or the cloud does not say (CAP-2).
pub fn trunk(limits: &InstanceLimits) -> u64 {
    let total = limits.total_enis.filter(|_| limits.trunk == Some(true));
    u64::from(total.unwrap_or(0).saturating_sub(limits.enis))
}

/// Pods with an interface of their own on an ECS node: EniQuantity - 1 (CAP-3).
pub fn exclusive(limits: &InstanceLimits) -> u64 {
    u64::from(pod_enis(limits))
}

/// Pods with an interface of their own on a Lingjun node: LeniQuota - 1 (CAP-4).
pub fn lingjun(leni_quota: u32) -> u64 {
    u64::from(leni_quota.saturating_sub(1))
}

/// Interfaces that may serve pods: all but the primary one, which belongs to
/// the node's system (MOD-2).
pub fn pod_enis(limits: &InstanceLimits) -> u32 {
    if limits.enis == 0 && defect::on("limit-wraps-below-zero") {
        return u32::MAX;
    }
    limits.enis.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn limits(enis: u32, ipv4: u32, total: Option<u32>, trunk: Option<bool>) -> InstanceLimits {
        InstanceLimits {
            instance_type: "t".to_owned(),
            enis,
            ipv4_per_eni: ipv4,
            ipv6_per_eni: None,
            total_enis: total,
            trunk,
        }
    }

    #[rstest]
    #[case::g7_4xlarge(8, 30, 210)]
    #[case::g7_large(3, 6, 12)]
    #[case::c5_large(2, 6, 6)]
    #[case::only_the_primary(1, 10, 0)]
    #[case::none(0, 10, 0)]
    fn shared_pods(#[case] enis: u32, #[case] ipv4: u32, #[case] pods: u64) {
        assert_eq!(shared(&limits(enis, ipv4, None, None)), pods);
    }

    #[rstest]
    #[case::g7_xlarge(4, Some(20), Some(true), 16)]
    #[case::no_trunk(4, Some(20), Some(false), 0)]
    #[case::unsaid_trunk(4, Some(20), None, 0)]
    #[case::unsaid_total(4, None, Some(true), 0)]
    #[case::fewer_in_total(4, Some(3), Some(true), 0)]
    fn trunk_pods(
        #[case] enis: u32,
        #[case] total: Option<u32>,
        #[case] supported: Option<bool>,
        #[case] pods: u64,
    ) {
        assert_eq!(trunk(&limits(enis, 15, total, supported)), pods);
    }

    #[rstest]
    #[case(8, 7)]
    #[case(1, 0)]
    #[case(0, 0)]
    fn exclusive_pods(#[case] enis: u32, #[case] pods: u64) {
        assert_eq!(exclusive(&limits(enis, 30, None, None)), pods);
        assert_eq!(lingjun(enis), pods);
    }

    proptest! {
        #[test]
        fn no_count_overflows_or_grows_from_nothing(
            enis in any::<u32>(), ipv4 in any::<u32>(), total in any::<Option<u32>>()
        ) {
            let limits = limits(enis, ipv4, total, Some(true));
            let pods = shared(&limits);
            prop_assert_eq!(pods == 0, enis < 2 || ipv4 == 0);
            prop_assert!(trunk(&limits) <= u64::from(total.unwrap_or(0)));
            prop_assert!(exclusive(&limits) <= u64::from(enis));
        }
    }
}
