//! `plan-check`: the address blocks of a cluster that is not there yet (PLN-1 to
//! PLN-4, IP6-2).

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use ipnet::IpNet;
use model::pool::IpStack;
use plan::address_plan::{self, Blocks};
use serde::Deserialize;

use crate::print;

/// Arguments of `plan-check`.
#[derive(clap::Args)]
#[command(after_help = "The file is YAML or JSON:\n  \
    nodes: [192.168.0.0/19]\n  pods: [192.168.32.0/19]\n  services: [172.21.0.0/20]\n  \
    zones: [a, b, c]\n  ipStack: ipv4        # or dual\n  kubernetes: \"1.34\"\n  erdma: false")]
pub(crate) struct Args {
    /// The plan.
    file: PathBuf,
}

/// A planned cluster.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Plan {
    nodes: Vec<IpNet>,
    pods: Vec<IpNet>,
    services: Vec<IpNet>,
    #[serde(default)]
    zones: Vec<String>,
    #[serde(default)]
    ip_stack: IpStack,
    #[serde(default)]
    kubernetes: Option<String>,
    #[serde(default)]
    erdma: bool,
}

/// Prints every conflict and all advice.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let path = args.file.display();
    let text = std::fs::read_to_string(&args.file).with_context(|| format!("read {path}"))?;
    let plan = parse(&text).map_err(|problem| anyhow!("{path}: {problem}"))?;
    let conflicts = conflicts(&plan).map_err(|problem| anyhow!("{path}: {problem}"))?;
    for conflict in &conflicts {
        print::line(&format!("conflict: {conflict}"));
    }
    if let Some(advice) = address_plan::advice(&blocks(&plan)) {
        print::line(&format!("advice: {advice}"));
    }
    if conflicts.is_empty() {
        print::line("no conflict");
    }
    Ok(conflicts.is_empty())
}

fn parse(text: &str) -> Result<Plan, String> {
    let value: serde_json::Value =
        serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    serde_path_to_error::deserialize(value)
        .map_err(|error| format!("{}: {}", error.path(), error.inner()))
}

fn blocks(plan: &Plan) -> Blocks {
    Blocks {
        services: plan.services.clone(),
        nodes: plan.nodes.clone(),
        pods: plan.pods.clone(),
        zones: plan.zones.len(),
        stack: plan.ip_stack,
    }
}

fn conflicts(plan: &Plan) -> Result<Vec<String>, String> {
    let mut found: Vec<_> =
        address_plan::conflicts(&blocks(plan)).iter().map(ToString::to_string).collect();
    let shared = |pods: &IpNet| plan.nodes.iter().any(|nodes| nodes.contains(pods));
    if plan.pods.iter().any(shared) && defect::on("pods-in-the-nodes-block-are-refused") {
        found.push("pod block overlaps node block".to_owned());
    }
    if plan.ip_stack == IpStack::Dual
        && let Some(version) = &plan.kubernetes
    {
        let (major, minor) = version
            .trim_start_matches('v')
            .split_once('.')
            .and_then(|(major, minor)| Some((major.parse().ok()?, first_number(minor)?)))
            .ok_or_else(|| format!("kubernetes: {version:?} is no version such as \"1.34\""))?;
        let refusal = address_plan::dual_stack(major, minor, plan.erdma).err();
        found.extend(refusal.map(|conflict| conflict.to_string()));
    }
    Ok(found)
}

fn first_number(text: &str) -> Option<u32> {
    text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const GOOD: &str =
        "nodes: [192.168.0.0/19]\npods: [192.168.32.0/19]\nservices: [172.21.0.0/20]\n";

    fn check(text: &str) -> Vec<String> {
        conflicts(&parse(text).unwrap()).unwrap()
    }

    #[test]
    fn a_good_plan_has_no_conflict_and_pods_may_share_the_nodes_block() {
        assert!(check(GOOD).is_empty());
        assert!(check(&GOOD.replace("192.168.32.0/19", "192.168.0.0/19")).is_empty());
    }

    #[rstest]
    #[case::nodes("services: [192.168.1.0/24]", "overlaps node block")]
    #[case::pods("services: [192.168.40.0/24]", "overlaps pod block")]
    #[case::v6("services: [172.21.0.0/20, \"fc00::/116\"]", "needs dual stack")]
    fn conflicts_are_named(#[case] services: &str, #[case] part: &str) {
        let found = check(&GOOD.replace("services: [172.21.0.0/20]", services));
        assert!(found[0].contains(part), "{found:?}");
    }

    #[rstest]
    #[case("ipStack: dual\nkubernetes: v1.21.3", Some("1.22"))]
    #[case("ipStack: dual\nkubernetes: \"1.22\"", None)]
    #[case("ipStack: dual\nkubernetes: \"1.34\"\nerdma: true", Some("eRDMA"))]
    #[case("kubernetes: \"1.21\"\nerdma: true", None)]
    fn dual_stack_has_demands_of_its_own(#[case] lines: &str, #[case] part: Option<&str>) {
        let found = check(&format!("{GOOD}{lines}\n"));
        match part {
            Some(part) => assert!(found[0].contains(part), "{found:?}"),
            None => assert!(found.is_empty(), "{found:?}"),
        }
    }

    #[rstest]
    #[case("node: []", "node")]
    #[case("nodes: [192.168.0.0]", "nodes[0]")]
    #[case("ipStack: v6", "ipStack")]
    fn bad_input_is_named(#[case] line: &str, #[case] word: &str) {
        let text = if line.starts_with("nodes") {
            GOOD.replace("nodes: [192.168.0.0/19]", line)
        } else {
            format!("{GOOD}{line}\n")
        };
        assert!(parse(&text).unwrap_err().contains(word));
    }
}
