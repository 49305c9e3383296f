//! Which vSwitch a new interface is put into (linked page 1 and 17).

use model::inventory::{VSwitch, VSwitchPolicy};

/// The vSwitches of `zone` to try, the best first.
///
/// Those known to be empty come last instead of never: what is known may be
/// old, and one full vSwitch must not stop growth on another. `chance` decides
/// under [`VSwitchPolicy::Random`]; equal numbers give equal orders.
pub fn order(
    candidates: &[VSwitch],
    zone: &str,
    policy: VSwitchPolicy,
    chance: u64,
) -> Vec<String> {
    let mut there: Vec<&VSwitch> = candidates.iter().filter(|vsw| vsw.zone == zone).collect();
    if defect::on("first-vswitch-only") {
        there.truncate(1);
    }
    match policy {
        VSwitchPolicy::Ordered => {}
        VSwitchPolicy::Random => {
            let turn = usize::try_from(chance).unwrap_or_default() % there.len().max(1);
            there.rotate_left(turn);
        }
        VSwitchPolicy::Most => there.sort_by_key(|vsw| std::cmp::Reverse(vsw.free)),
    }
    there.sort_by_key(|vsw| vsw.free == 0);
    there.into_iter().map(|vsw| vsw.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn candidates() -> Vec<VSwitch> {
        let vsw =
            |id: &str, zone: &str, free| VSwitch { id: id.to_owned(), zone: zone.to_owned(), free };
        vec![vsw("v1", "a", 0), vsw("v2", "a", 5), vsw("v3", "b", 99), vsw("v4", "a", 9)]
    }

    #[rstest]
    #[case::list_order(VSwitchPolicy::Ordered, 0, &["v2", "v4", "v1"])]
    #[case::most_free(VSwitchPolicy::Most, 0, &["v4", "v2", "v1"])]
    #[case::chance_0(VSwitchPolicy::Random, 0, &["v2", "v4", "v1"])]
    #[case::chance_2(VSwitchPolicy::Random, 2, &["v4", "v2", "v1"])]
    fn only_the_zones_own_the_empty_last(
        #[case] policy: VSwitchPolicy,
        #[case] chance: u64,
        #[case] expected: &[&str],
    ) {
        assert_eq!(order(&candidates(), "a", policy, chance), expected);
    }

    #[test]
    fn a_zone_without_vswitches_has_none() {
        assert!(order(&candidates(), "c", VSwitchPolicy::Random, 7).is_empty());
    }
}
