//! Calls of the plugin with a flaw, and calls that are about no pod.

use cucumber::gherkin::Step;
use cucumber::{then, when};
use facts::Claim;
use serde_json::{Value, json};
use target::runtime::{Call, Input, Sandbox};

use crate::scene::{Done, Last, Scene};

use super::pods;

/// `but CNI_X is missing`, `but CNI_X is "value"`.
#[when(
    regex = r#"^the runtime (adds|deletes|checks) "([^"]*)" but (CNI_[A-Z]+) is (missing|"(.*)")$"#
)]
async fn with_variable(
    scene: &mut Scene,
    verb: String,
    alias: String,
    variable: String,
    value: String,
    quoted: String,
) -> Done {
    flawed(scene, &verb, &alias, |call| {
        if value == "missing" {
            call.env.remove(&variable);
        } else {
            call.env.insert(variable, unescape(&quoted));
        }
    })
    .await
}

/// `but the configuration is «text»`.
#[when(regex = r#"^the runtime (adds|deletes|checks) "([^"]*)" but the configuration is «(.*)»$"#)]
async fn with_text(scene: &mut Scene, verb: String, alias: String, text: String) -> Done {
    let text = match text.as_str() {
        "a list nested 100000 deep" => "[".repeat(100_000),
        "two mebibytes of blanks" => " ".repeat(2 << 20),
        other => other.to_owned(),
    };
    flawed(scene, &verb, &alias, |call| call.stdin = text).await
}

#[when(expr = "the runtime adds {string} but standard input cannot be read")]
async fn without_input(scene: &mut Scene, alias: String) -> Done {
    flawed(scene, "adds", &alias, |call| call.input = Input::Unreadable).await
}

/// `but its key k is missing`, `but its key k is 5`.
#[when(regex = r#"^the runtime (adds|deletes|checks) "([^"]*)" but its key (\S+) is (.+)$"#)]
async fn with_key(
    scene: &mut Scene,
    verb: String,
    alias: String,
    key: String,
    value: String,
) -> Done {
    let json: Option<Value> = match value.as_str() {
        "missing" => None,
        text => Some(serde_json::from_str(text)?),
    };
    flawed(scene, &verb, &alias, |call| match json {
        None => call.unset(&key),
        Some(value) => call.set(&key, value),
    })
    .await
}

#[when(expr = "the runtime asks for the plugin's versions in {word}")]
async fn asks_versions(scene: &mut Scene, version: String) -> Done {
    about_no_pod(scene, "VERSION", Some(&version), |_| {}).await
}

#[when("the runtime asks for the plugin's status")]
async fn asks_status(scene: &mut Scene) -> Done {
    about_no_pod(scene, "STATUS", None, |_| {}).await
}

/// `but for "a", "b"`, `but for nothing`, and `and for sandboxes that nobody added`.
#[when(
    regex = r#"^the runtime collects garbage but for (nothing|"[^"]*"(?:, "[^"]*")*)( and for sandboxes that nobody added)?$"#
)]
async fn collects(scene: &mut Scene, listed: String, strange: String) -> Done {
    let listed: Vec<_> = listed.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    let mut valid = Vec::new();
    for alias in &listed {
        let sandbox = &scene.pod(alias)?.sandbox;
        valid.push(json!({"containerID": sandbox.container, "ifname": sandbox.ifname}));
        if !strange.is_empty() {
            valid.push(json!({"containerID": format!("{alias}-strange"), "ifname": "eth0"}));
        }
    }
    about_no_pod(scene, "GC", None, |call| call.set("cni.dev/valid-attachments", valid.into()))
        .await?;
    if scene.made(&last(scene)?)?.succeeded() {
        for pod in scene.pods.values_mut().filter(|pod| !listed.contains(&pod.alias)) {
            pod.addresses.clear();
        }
    }
    Ok(())
}

#[when("the runtime collects garbage without a list")]
async fn collects_blindly(scene: &mut Scene) -> Done {
    about_no_pod(scene, "GC", None, |_| {}).await
}

#[then(expr = "the answer is in {word} and lists {word}")]
fn lists(scene: &mut Scene, step: &Step, asked: String, listed: String) -> Done {
    let call = last(scene)?;
    scene.claim(step, Claim::Versions { call, asked, listed: vec![listed] })
}

/// Name of the last call among the facts.
pub(super) fn last(scene: &Scene) -> anyhow::Result<String> {
    let last = scene.last.as_ref();
    last.map(|last| last.name.clone()).ok_or_else(|| anyhow::anyhow!("no call was made"))
}

async fn flawed(scene: &mut Scene, verb: &str, alias: &str, spoil: impl FnOnce(&mut Call)) -> Done {
    let verb = match verb {
        "adds" => "ADD",
        "deletes" => "DEL",
        _ => "CHECK",
    };
    let sound = scene.call(verb, alias, None)?;
    let mut call = sound.clone();
    spoil(&mut call);
    let node = scene.pod(alias)?.node.clone();
    let name = scene.make(&format!("flawed {verb} of {alias}"), &node, call).await?;
    if verb == "ADD" {
        // One that succeeds nevertheless has a result like any other.
        pods::remember(scene, alias, &name)?;
    }
    scene.last = Some(Last { name, node, sound });
    Ok(())
}

async fn about_no_pod(
    scene: &mut Scene,
    verb: &str,
    version: Option<&str>,
    change: impl FnOnce(&mut Call),
) -> Done {
    let node = scene.nodes.keys().next().cloned();
    let node = node.ok_or_else(|| anyhow::anyhow!("the scenario has no node"))?;
    let nobody = Sandbox {
        container: String::new(),
        netns: String::new(),
        ifname: String::new(),
        pod: [String::new(), String::new(), String::new()],
    };
    let mut call = Call::new(verb, &scene.conf(&node)?, version, &nobody)?;
    for variable in ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS"] {
        call.env.remove(variable);
    }
    change(&mut call);
    let name = scene.make(verb, &node, call.clone()).await?;
    scene.last = Some(Last { name, node, sound: call });
    Ok(())
}

/// Letters that a table cannot hold.
fn unescape(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t")
}
