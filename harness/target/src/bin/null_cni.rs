//! A plugin that does nothing, in one of four ways; its own file name says which.
#![forbid(unsafe_code)]

use std::env;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

fn main() -> ExitCode {
    let mut stdin = String::new();
    let _ = io::stdin().read_to_string(&mut stdin);
    let conf: Value = serde_json::from_str(&stdin).unwrap_or_default();
    let version = conf["cniVersion"].as_str().unwrap_or("1.1.0").to_owned();
    let mode = env::args().next().unwrap_or_default();
    let verb = env::var("CNI_COMMAND").unwrap_or_default();
    let answer = match mode.rsplit('/').next().unwrap_or_default() {
        "silent" => None,
        "always-fails" => {
            print(&json!({"cniVersion": version, "code": 999, "msg": "no"}));
            return ExitCode::FAILURE;
        }
        "liar" => answer(&verb, &version, &plausible(&version)),
        _ => answer(&verb, &version, &json!({"cniVersion": version})),
    };
    if let Some(answer) = answer {
        print(&answer);
    }
    ExitCode::SUCCESS
}

fn answer(verb: &str, version: &str, result: &Value) -> Option<Value> {
    match verb {
        "ADD" => Some(result.clone()),
        "VERSION" => Some(json!({
            "cniVersion": version,
            "supportedVersions": ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"],
        })),
        _ => None,
    }
}

/// A result as a real plugin would give it, different for each sandbox.
fn plausible(version: &str) -> Value {
    let container = env::var("CNI_CONTAINERID").unwrap_or_default();
    let number = container.bytes().fold(7_u8, |hash, byte| hash.wrapping_mul(31) ^ byte);
    let ip = |address: String, family: &str| {
        let mut ip = json!({"address": address, "interface": 0});
        if version.starts_with("0.") {
            ip["version"] = family.into();
        }
        ip
    };
    json!({
        "cniVersion": version,
        "interfaces": [{
            "name": env::var("CNI_IFNAME").unwrap_or_default(),
            "sandbox": env::var("CNI_NETNS").unwrap_or_default(),
        }],
        "ips": [
            ip(format!("10.0.16.{number}/32"), "4"),
            ip(format!("2001:db8:e:2::{number:x}/128"), "6"),
        ],
        "dns": {},
    })
}

fn print(value: &Value) {
    let _ = writeln!(io::stdout(), "{value}");
}
