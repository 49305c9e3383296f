//! Brings a lab up and a target into it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::Suite;
use super::cloud::allow;
use anyhow::{Context, bail};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::Value;
use stage::addresses::{
    PODS_A, PODS_A2, PODS_B, REGION, SECURITY_GROUP, SERVICES, VPC, ZONE_A, ZONE_B,
};
use stage::{KEY_ID, KEY_SECRET, Lab, LabSpec, Process, ProcessSpec, RunId, User};
use target::{Install, Program, Surroundings, Target};

/// The target's programs beside the API server.
pub(crate) struct Control {
    running: Mutex<Vec<(Program, Option<Process>)>>,
    /// Variables that they get besides, whoever starts them.
    standing: Mutex<Vec<(String, String)>>,
}

/// What the lab will look like to a target.
pub(crate) fn surroundings(run: &RunId) -> anyhow::Result<Surroundings> {
    let programs = std::env::current_exe()
        .context("find this program")?
        .parent()
        .map(Path::to_owned)
        .context("find the folder of this program")?;
    let plugin = programs.join("../plugin/bin/terway");
    let mutants = programs.join("../mutants/release");
    let folder = run.folder();
    Ok(Surroundings {
        mutants: mutants.canonicalize().unwrap_or(mutants),
        plugin: plugin.canonicalize().unwrap_or(plugin),
        programs,
        cloud: stage::endpoint(),
        place: [REGION, VPC, SECURITY_GROUP].map(str::to_owned),
        key: [KEY_ID, KEY_SECRET].map(str::to_owned),
        v_switches: vec![
            (ZONE_A.to_owned(), [PODS_A, PODS_A2].map(str::to_owned).to_vec()),
            (ZONE_B.to_owned(), vec![PODS_B.to_owned()]),
        ],
        services: SERVICES.to_owned(),
        node_kubeconfigs: PathBuf::from("/etc/kubernetes"),
        control_kubeconfigs: folder.join("kubeconfigs"),
        control_folder: folder.join("control"),
    })
}

/// Brings everything up; `tell` hears what is being done.
pub(crate) async fn up(
    run: &RunId,
    target: &Target,
    tell: &dyn Fn(&str),
) -> anyhow::Result<(Lab, Control)> {
    let user = |user: &target::User| User {
        name: user.name.to_owned(),
        groups: user.groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    let users = target.install.users.iter().map(user).collect();
    let lab = Lab::up(LabSpec { run: run.clone(), users }, tell).await.context("bring a lab up")?;
    allow(&lab, ACTIONS);
    if target.install.control_plane {
        tell("installing the target");
        apply(&lab, &target.install).await?;
    }
    let control = Control::start(&lab, &target.install)?;
    if target.install.control_plane {
        registered(&lab, &control).await?;
    }
    Ok((lab, control))
}

/// Actions with a budget of their own; scenarios about budgets set theirs.
const ACTIONS: [&str; 12] = [
    "*",
    "AssignIpv6Addresses",
    "AssignPrivateIpAddresses",
    "AttachNetworkInterface",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "DescribeInstanceTypes",
    "DescribeNetworkInterfaces",
    "DescribeVSwitches",
    "DetachNetworkInterface",
    "UnassignIpv6Addresses",
    "UnassignPrivateIpAddresses",
];

async fn apply(lab: &Lab, install: &Install) -> anyhow::Result<()> {
    let kubeconfigs = lab.run().folder().join("kubeconfigs");
    std::fs::create_dir_all(&kubeconfigs).context("make a folder for kubeconfigs")?;
    for user in lab.users() {
        let path = kubeconfigs.join(format!("{user}.conf"));
        std::fs::write(&path, lab.api().kubeconfig(user))
            .with_context(|| format!("write {}", path.display()))?;
    }
    for (path, text) in &install.control_files {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("make {}", folder.display()))?;
        }
        std::fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    }
    for manifest in &install.manifests {
        let client = lab.api().client().clone();
        let (object, what) = (manifest.clone(), name_of(manifest));
        lab.inside(async move { apply_one(client, object).await })
            .await?
            .with_context(|| format!("apply {what}"))?;
    }
    Ok(())
}

/// Applies one object of the kinds that a target may bring.
async fn apply_one(client: Client, object: Value) -> anyhow::Result<()> {
    let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = version.split_once('/').unwrap_or(("", &version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &kind));
    let api: Api<DynamicObject> = match object.pointer("/metadata/namespace") {
        Some(Value::String(namespace)) => Api::namespaced_with(client, namespace, &resource),
        _ => Api::all_with(client, &resource),
    };
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let params = PatchParams::apply("plumbline").force();
    api.patch(name, &params, &Patch::Apply(&object)).await?;
    Ok(())
}

fn name_of(object: &Value) -> String {
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("?");
    format!("{} {name}", object["kind"].as_str().unwrap_or("object"))
}

/// Waits until the target's resources are served, as nodes ask for them at once.
async fn registered(lab: &Lab, control: &Control) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(20));
    loop {
        pace.tick().await;
        let client = lab.api().client().clone();
        let look = async move {
            let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(
                "network.alibabacloud.com",
                "v1beta1",
                "Node",
            ));
            let api: Api<DynamicObject> = Api::all_with(client, &resource);
            api.list(&kube::api::ListParams::default()).await.is_ok()
        };
        if lab.inside(look).await? {
            return Ok(());
        }
        if let Some(ended) = control.ended() {
            bail!("the target's control plane is not ready: {ended}");
        }
        if tokio::time::Instant::now() > deadline {
            bail!("the target's control plane registers no resources");
        }
    }
}

impl Control {
    fn start(lab: &Lab, install: &Install) -> anyhow::Result<Self> {
        let mut running = Vec::new();
        for program in &install.control {
            let process = lab.spawn(&spec(program, "", &[]))?;
            running.push((program.clone(), Some(process)));
        }
        Ok(Self { running: Mutex::new(running), standing: Mutex::default() })
    }

    /// How one of the programs ended, if it did.
    pub(crate) fn ended(&self) -> Option<String> {
        let running = self.running.lock().expect("no holder panics");
        running.iter().find_map(|(_, process)| process.as_ref()?.ended())
    }

    /// Those that run, each with its process.
    pub(crate) fn processes(&self) -> Vec<(&'static str, u32)> {
        let running = self.running.lock().expect("no holder panics");
        running
            .iter()
            .filter_map(|(program, process)| Some((program.name, process.as_ref()?.id())))
            .collect()
    }

    /// Ends all of them, by SIGKILL if `hard`.
    pub(crate) fn stop(&self, hard: bool) {
        for (_, process) in self.running.lock().expect("no holder panics").iter_mut() {
            if let Some(process) = process.take() {
                if hard { process.kill() } else { process.stop() }
            }
        }
    }

    /// Starts those that do not run, with more variables than usual: a defect or a
    /// fail point, for example.
    pub(crate) fn start_again(&self, lab: &Lab, env: &[(String, String)]) -> anyhow::Result<()> {
        let standing = self.standing.lock().expect("no holder panics").clone();
        let env: Vec<_> = standing.into_iter().chain(env.iter().cloned()).collect();
        for (program, process) in self.running.lock().expect("no holder panics").iter_mut() {
            if process.is_none() {
                *process = Some(lab.spawn(&spec(program, "", &env))?);
            }
        }
        Ok(())
    }
}

impl Suite {
    /// Starts the control plane anew with these variables, which it keeps when a
    /// scenario starts it again; waits until what it should take away is gone.
    pub(crate) async fn control_anew(&self, env: &[(String, String)]) -> anyhow::Result<()> {
        self.control.stop(true);
        *self.control.standing.lock().expect("no holder panics") = env.to_vec();
        self.control.start_again(&self.lab, &[])?;
        registered(&self.lab, &self.control).await?;
        if env.is_empty() {
            self.collected().await;
        }
        Ok(())
    }
}

/// A program of the target as a process of the stage.
pub(super) fn spec(program: &Program, node: &str, env: &[(String, String)]) -> ProcessSpec {
    let name =
        if node.is_empty() { program.name.to_owned() } else { format!("{}-{node}", program.name) };
    ProcessSpec {
        name,
        program: program.program.clone(),
        args: program.args.iter().map(|arg| arg.replace("{node}", node)).collect(),
        env: program.env.iter().chain(env).cloned().collect(),
    }
}

/// A ConfigMap in kube-system.
pub(super) fn config_map(name: &str, data: Vec<(String, String)>) -> ConfigMap {
    ConfigMap {
        metadata: kube::api::ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some("kube-system".to_owned()),
            ..kube::api::ObjectMeta::default()
        },
        data: Some(data.into_iter().collect()),
        ..ConfigMap::default()
    }
}
