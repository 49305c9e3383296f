//! Whatever a plan says is judged or refused.

use proptest::prelude::*;

use super::{conflicts, parse};

const PLANS: [&str; 1] = [r#"{"nodes": ["192.168.0.0/19"], "pods": ["192.168.32.0/19"],
    "services": ["172.21.0.0/20", "fc00::/112"], "zones": ["a", "b"], "ipStack": "dual",
    "kubernetes": "v1.34.1", "erdma": false}"#];

proptest! {
    #[test]
    fn any_plan_is_judged_or_refused(text in garble::text(&PLANS)) {
        match parse(&text) {
            Ok(plan) => drop(conflicts(&plan)),
            Err(problem) => prop_assert!(!problem.is_empty()),
        }
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_place(garbled in garble::replaced(&PLANS)) {
        if let Err(problem) = parse(&garbled.text).and_then(|plan| conflicts(&plan)) {
            // What is no YAML has a line, all else a key.
            let place = problem.contains(&garbled.key) || problem.contains("line ");
            prop_assert!(place, "{} for {}", problem, garbled.key);
        }
    }
}
