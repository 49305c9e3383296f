//! Commands of the target for people: limits and plans.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use cucumber::gherkin::Step;
use cucumber::then;
use facts::{Claim, Fact};

use crate::scene::{Done, Scene};
use crate::suite::blocking;

/// Types that the cloud answers for, as published.
const CATALOGUE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/data/instance-types.csv");

#[then("the limits of these types are, by table and by cloud:")]
async fn limits(scene: &mut Scene, step: &Step) -> Done {
    let limits = table(step)?;
    let by_table = ask(scene, "limits by table", Ask::LimitsByTable).await?;
    scene.claim(step, Claim::LimitsAre { command: by_table, limits: limits.clone() })?;
    let by_cloud = ask(scene, "limits by cloud", Ask::LimitsByCloud).await?;
    scene.claim(step, Claim::LimitsAre { command: by_cloud, limits })
}

#[then("the limits of these types are, by cloud:")]
async fn limits_by_cloud(scene: &mut Scene, step: &Step) -> Done {
    let limits = table(step)?;
    let command = ask(scene, "limits by cloud", Ask::LimitsByCloud).await?;
    scene.claim(step, Claim::LimitsAre { command, limits })
}

/// Both ways to find limits say what the document's formula gives for every type.
#[then(expr = "table and cloud agree with the formula on the limits of {int} types or more")]
async fn both_agree(scene: &mut Scene, step: &Step, least: usize) -> Done {
    let limits = by_formula()?;
    if limits.len() < least {
        return Err(anyhow::anyhow!("the catalogue holds {} types only", limits.len()).into());
    }
    let by_table = ask(scene, "limits by table", Ask::LimitsByTable).await?;
    scene.claim(step, Claim::LimitsAre { command: by_table, limits: limits.clone() })?;
    let by_cloud = ask(scene, "limits by cloud", Ask::LimitsByCloud).await?;
    scene.claim(step, Claim::LimitsAre { command: by_cloud, limits })
}

/// The plan in the step's text has no conflict.
#[then("this plan is accepted:")]
async fn accepted(scene: &mut Scene, step: &Step) -> Done {
    let command = plan(scene, "plan", step.docstring.as_deref().unwrap_or_default()).await?;
    scene.claim(step, Claim::CommandSays { command, exit: 0, words: Vec::new() })
}

/// `this plan is refused with "X", unlike with "Y", and told "w"`: the step's text
/// holds `FLAW` where X or Y stands.
#[then(regex = r#"^this plan is refused with "(.*)", unlike with "(.*)", and told "([^"]*)":$"#)]
async fn refused(
    scene: &mut Scene,
    step: &Step,
    flawed: String,
    sound: String,
    words: String,
) -> Done {
    let text = step.docstring.as_deref().context("the step needs a plan")?;
    let command = plan(scene, "flawed plan", &text.replace("FLAW", &flawed)).await?;
    let control = plan(scene, "sound plan", &text.replace("FLAW", &sound)).await?;
    let words = words.split(", ").map(str::to_owned).collect();
    let accepted = Claim::CommandSays { command: control.clone(), exit: 0, words: Vec::new() };
    scene.claim(step, accepted)?;
    scene.claim(step, Claim::CommandRefuses { command, words, control })
}

#[derive(Clone, Copy)]
enum Ask {
    LimitsByTable,
    LimitsByCloud,
    PlanCheck,
}

async fn plan(scene: &mut Scene, name: &str, text: &str) -> anyhow::Result<String> {
    let path = scene.suite.lab.run().folder().join(format!("{}-plan.yaml", scene.id));
    std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    run(scene, name, Ask::PlanCheck, path).await
}

async fn ask(scene: &mut Scene, name: &str, ask: Ask) -> anyhow::Result<String> {
    run(scene, name, ask, PathBuf::from(CATALOGUE)).await
}

/// Runs a command of the target beside the API server. A target without commands
/// answers as a shell would.
async fn run(scene: &mut Scene, name: &str, ask: Ask, file: PathBuf) -> anyhow::Result<String> {
    let Some(commands) = scene.suite.target.install.commands.clone() else {
        let stderr = "the target has no such command".to_owned();
        let fact =
            Fact::Command { argv: Vec::new(), exit: Some(127), stdout: String::new(), stderr };
        return Ok(scene.store(name, fact));
    };
    let args = match ask {
        Ask::LimitsByTable => commands.limits_by_table,
        Ask::LimitsByCloud => commands.limits_by_cloud,
        Ask::PlanCheck => commands.plan_check,
    };
    let file = file.display().to_string();
    let args: Vec<_> = args.iter().map(|arg| arg.replace("{file}", &file)).collect();
    let mut command = std::process::Command::new(&commands.program);
    command.args(&args).env(stage::MARK, scene.suite.lab.run().as_str()).envs(scene.defect());
    scene.suite.lab.control().confine(&mut command).context("enter the control namespace")?;
    let output = blocking(move || probe::run(command, "")).await??;
    let argv = std::iter::once(commands.program.display().to_string()).chain(args).collect();
    let fact =
        Fact::Command { argv, exit: output.exit, stdout: output.stdout, stderr: output.stderr };
    Ok(scene.store(name, fact))
}

/// The document's formula for shared mode, (EniQuantity - 1) x EniPrivateIpAddressQuantity
/// (lines 103 to 113), worked out from the catalogue without the target.
fn by_formula() -> anyhow::Result<BTreeMap<String, u64>> {
    let mut reader =
        csv::Reader::from_path(CATALOGUE).with_context(|| format!("read {CATALOGUE}"))?;
    let mut limits = BTreeMap::new();
    for line in reader.deserialize() {
        let kind: Kind = line.with_context(|| format!("read {CATALOGUE}"))?;
        let pods = (kind.interfaces - 1) * kind.addresses;
        limits.insert(kind.id, pods);
    }
    Ok(limits)
}

/// A line of the catalogue.
#[derive(serde::Deserialize)]
struct Kind {
    #[serde(rename = "InstanceTypeId")]
    id: String,
    #[serde(rename = "EniQuantity")]
    interfaces: u64,
    #[serde(rename = "EniPrivateIpAddressQuantity")]
    addresses: u64,
}

/// A table of types and pods.
fn table(step: &Step) -> anyhow::Result<BTreeMap<String, u64>> {
    let rows = step.table.as_ref().map(|table| table.rows.as_slice()).unwrap_or_default();
    rows.iter()
        .map(|row| {
            let [kind, pods] = row.as_slice() else {
                anyhow::bail!("a row of the table must be a type and a number: {row:?}")
            };
            Ok((kind.clone(), pods.parse()?))
        })
        .collect()
}
