//! The reference CNI, known by its programs and files alone.

mod roles;
mod signals;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::install::{
    CONFIGURATIONS, Commands, Conf, NodeFile, PLUGINS, Program, Source, StateFile, User,
};
use crate::{Claims, Install, Surroundings, Target, TargetError, needed};
use roles::{binding, controller_rules, daemon_rules, role};

/// Who the daemon and the controller are to the API server.
const DAEMON: &str = "terway";
const CONTROLLER: &str = "terway-controlplane";

/// The target that follows one reading of the disputed rows, `document` or `upstream`.
pub(crate) fn target(
    name: &str,
    reading: &'static str,
    around: &Surroundings,
) -> Result<Target, TargetError> {
    let programs =
        Programs { folder: &around.programs, plugin: &around.plugin, remedy: "run ci/build" };
    let mut target = build(name, reading, around, &programs)?;
    target.claims.capabilities.remove("fail-points");
    Ok(target)
}

/// The build of the reference that holds switchable defects and fail points; none
/// is on unless the environment of a program says so.
pub(crate) fn mutants(name: &str, around: &Surroundings) -> Result<Target, TargetError> {
    let plugin = around.mutants.join("terway");
    let programs = Programs { folder: &around.mutants, plugin: &plugin, remedy: "run ci/mutants" };
    let mut target = build(name, "document", around, &programs)?;
    target.about = "the reference CNI built with switchable defects";
    Ok(target)
}

/// Where a build of the reference is.
struct Programs<'a> {
    folder: &'a Path,
    plugin: &'a Path,
    /// What makes it.
    remedy: &'static str,
}

fn build(
    name: &str,
    reading: &'static str,
    around: &Surroundings,
    programs: &Programs<'_>,
) -> Result<Target, TargetError> {
    let program = |name: &str| needed(name, programs.folder.join(name), programs.remedy);
    let plugin = needed("the plugin", programs.plugin.to_owned(), programs.remedy)?;
    let folder = &around.control_folder;
    let (config, key) = (folder.join("ctrl-config.yaml"), key_path(around));
    let controller = Program {
        name: "terway-controlplane",
        program: program("terway-controlplane")?,
        args: vec![
            format!("--config={}", config.display()),
            format!("--credentials={}", key.display()),
            kubeconfig(&around.control_kubeconfigs, CONTROLLER),
        ],
        env: [
            ("ECS_ENDPOINT", around.cloud.as_str()),
            ("VPC_ENDPOINT", around.cloud.as_str()),
            ("ALICLOUD_CLIENT_SCHEME", "HTTP"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into(),
    };
    let daemon = Program {
        name: "terwayd",
        program: program("terwayd")?,
        args: vec!["--node-name={node}".to_owned(), kubeconfig(&around.node_kubeconfigs, DAEMON)],
        env: Vec::new(),
    };
    Ok(Target {
        name: name.to_owned(),
        about: "the reference CNI of this repository",
        version: env!("CARGO_PKG_VERSION").to_owned(),
        claims: Claims {
            profiles: vec!["cni", "shared-eni", "survival"],
            capabilities: Claims::everything(),
            readings: BTreeMap::from([("RUL-1", reading), ("RUL-2", reading)]),
        },
        install: Install {
            control_plane: true,
            users: vec![
                User { name: DAEMON, groups: Vec::new() },
                User { name: CONTROLLER, groups: Vec::new() },
            ],
            manifests: manifests(around, reading),
            control_files: vec![(config, control_config(around)), (key, key_file(around))],
            control: vec![controller],
            node: vec![daemon],
            node_files: vec![NodeFile {
                path: format!("{PLUGINS}/terway"),
                source: Source::File(plugin),
                mode: 0o755,
            }],
            state: state(),
            conf: Conf::Published,
            agent_played: Some(agent_played(around)),
            commands: Some(commands(program("terway-cli")?, around)),
            signals: signals::signals(),
        },
    })
}

/// The daemon's journal, and the configuration that it publishes.
fn state() -> Vec<StateFile> {
    // The store's head holds two slots, each of which begins with its version.
    let journal =
        StateFile { path: "/var/lib/cni/terway/journal.redb".to_owned(), version: vec![64, 192] };
    let conf = format!("{CONFIGURATIONS}/10-terway.conflist");
    vec![journal, StateFile { path: conf, version: Vec::new() }]
}

fn commands(program: PathBuf, around: &Surroundings) -> Commands {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    let key = key_path(around);
    let cloud = format!(
        "limits --output json --region {} --credentials {} --ecs-endpoint {} --client-scheme HTTP",
        around.place[0],
        key.display(),
        around.cloud,
    );
    Commands {
        program,
        limits_by_table: words("limits --output json --table {file}"),
        limits_by_cloud: words(&cloud),
        plan_check: words("plan-check {file}"),
    }
}

fn key_path(around: &Surroundings) -> PathBuf {
    around.control_folder.join("key.json")
}

fn kubeconfig(folder: &Path, user: &str) -> String {
    format!("--kubeconfig={}", folder.join(format!("{user}.conf")).display())
}

/// The controller's configuration. A lab's clock runs fast: what takes minutes
/// in a cloud takes fractions of a second here.
fn control_config(around: &Surroundings) -> String {
    let [region, vpc, _] = &around.place;
    let config = json!({
        "regionID": region,
        "clusterID": "lab",
        "vpcID": vpc,
        "pollPeriod": "40ms",
        "limitsTtl": "200ms",
        "vSwitchCacheTTL": "500ms",
        "vSwitchBlock": "1s",
        "multiIPMinSyncPeriodOnFailure": "50ms",
        "multiIPMaxSyncPeriodOnFailure": "1s",
        "multiIPNodeSyncPeriod": "5s",
        "leakAge": "1s",
        "missingAge": "1s",
        "leakPeriod": "500ms",
        "attemptTimeout": "3s",
        "retryMost": "1s",
        "metricsBindAddress": signals::CONTROL,
        "rateLimit": rate_limits(),
    });
    // JSON is YAML.
    config.to_string()
}

/// As fast as the lab's cloud allows; a scenario about budgets narrows the cloud's.
fn rate_limits() -> Value {
    let actions = [
        "AttachNetworkInterface",
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "DescribeNetworkInterfaces",
        "DetachNetworkInterface",
        "AssignPrivateIpAddresses",
        "UnassignPrivateIpAddresses",
        "AssignIpv6Addresses",
        "UnassignIpv6Addresses",
        "DescribeInstanceTypes",
        "DescribeVSwitches",
    ];
    actions.into_iter().map(|action| (action.to_owned(), json!(600_000))).collect()
}

fn key_file(around: &Surroundings) -> String {
    let [id, secret] = &around.key;
    json!({"access_key_id": id, "access_key_secret": secret}).to_string()
}

fn manifests(around: &Surroundings, reading: &str) -> Vec<Value> {
    vec![
        role(DAEMON, &daemon_rules()),
        binding(DAEMON),
        role(CONTROLLER, &controller_rules()),
        binding(CONTROLLER),
        eni_config(around, reading),
    ]
}

fn eni_config(around: &Surroundings, reading: &str) -> Value {
    let [_, _, group] = &around.place;
    let v_switches: BTreeMap<_, _> = around.v_switches.iter().cloned().collect();
    let config = json!({
        "version": "1",
        "ip_stack": "dual",
        "service_cidr": around.services,
        "vswitches": v_switches,
        "security_groups": [group],
        "ip_pool_sync_period": "1s",
        "address_rest": "1s",
        "allocate_timeout": "10s",
        "collect_period": "1s",
        "repair_period": "2s",
        "rule_layout": reading,
    });
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "eni-config", "namespace": "kube-system"},
        "data": {
            "eni_conf": config.to_string(),
            "10-terway.conf": json!({"cniVersion": "1.1.0", "name": "terway", "type": "terway"}).to_string(),
        },
    })
}

/// What the daemon writes of its node, with room for one pod.
fn agent_played(around: &Surroundings) -> Value {
    let [_, _, group] = &around.place;
    let v_switches: Vec<_> = around.v_switches.iter().take(1).flat_map(|(_, ids)| ids).collect();
    json!({
        "apiVersion": "network.alibabacloud.com/v1beta1",
        "kind": "Node",
        "metadata": {"name": "{node}"},
        "spec": {
            "eni": {
                "tag": {}, "tagFilter": {}, "tagBlockList": [],
                "vSwitchOptions": v_switches,
                "vSwitchSelectPolicy": "ordered",
                "securityGroupIDs": [group],
                "enableIPv4": true, "enableIPv6": true,
                "serviceCIDRs": around.services.split(',').collect::<Vec<_>>(),
            },
            "pool": {"minPoolSize": 1, "maxPoolSize": 5, "poolSyncPeriod": "1s", "warmUpSize": 0},
        },
    })
}
