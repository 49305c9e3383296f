//! What the CNI specification asks of a plugin's output (versions 0.3.0 to
//! 1.1.0, sections "Success", "Error" and "Version").

use std::collections::BTreeSet;
use std::net::IpAddr;

use facts::cni::CniCall;
use facts::{Claim, Violation};
use ipnet::IpNet;
use serde_json::Value;

use crate::look::{Look, Verdict, lacking, short, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::CallSucceeds { call } => Ok(success(look.call(call)?)),
        Claim::CallFails { call, codes, control } => {
            let (call, control) = (look.call(call)?, look.call(control)?);
            // One that succeeds needs no control: it must not, whatever else does.
            if !call.succeeded() && !success(control).is_empty() {
                return Err(format!("the control {} did not succeed", verb(control)));
            }
            Ok(failure(call, codes))
        }
        Claim::GivenUp { call, millis } => {
            let call = look.call(call)?;
            if call.exit.is_some() || call.millis < *millis {
                return Err(format!("{} ended by itself: {}", verb(call), ended(call)));
            }
            Ok(Vec::new())
        }
        Claim::ErrorNames { call, words } => error_names(look.call(call)?, words),
        Claim::Versions { call, asked, listed } => Ok(versions(look.call(call)?, asked, listed)),
        Claim::Families { call, v4, v6 } => families(look.call(call)?, *v4, *v6),
        Claim::SameAddresses { first, second } => {
            let (first, second) = (look.call(first)?, look.call(second)?);
            let (a, b) = (told(first)?, told(second)?);
            let differs = violation("addresses of both ADDs", list(&a), list(&b));
            Ok(if a == b { Vec::new() } else { vec![differs] })
        }
        Claim::DistinctAddresses { calls } => distinct(look, calls),
        Claim::NotReused { first, later, control } => not_reused(look, first, later, control),
        Claim::AllServed { calls, count } => all_served(look, calls, *count),
        _ => Err("not a claim about calls".to_owned()),
    }
}

/// What is wrong with a call that must have succeeded.
pub(crate) fn success(call: &CniCall) -> Vec<Violation> {
    let name = verb(call);
    if !call.succeeded() {
        return vec![violation(format!("exit code of {name}"), "0", ended(call))];
    }
    match call.var("CNI_COMMAND") {
        "ADD" => match serde_json::from_str(&call.stdout) {
            Ok(result) => add_result(&result, call),
            Err(_) => {
                vec![violation(format!("output of {name}"), "a result object", short(&call.stdout))]
            }
        },
        "VERSION" => Vec::new(),
        _ if call.stdout.trim().is_empty() => Vec::new(),
        _ => vec![violation(format!("output of {name}"), "nothing", short(&call.stdout))],
    }
}

/// The addresses that an ADD told; an error when it told none that can be read.
pub fn told(call: &CniCall) -> Result<BTreeSet<IpAddr>, String> {
    let result: Value = serde_json::from_str(&call.stdout)
        .map_err(|_| format!("{} told no result: {}", verb(call), short(&call.stdout)))?;
    Ok(nets(&result).iter().map(IpNet::addr).collect())
}

/// The addresses of a result, with their prefix length.
pub(crate) fn nets(result: &Value) -> Vec<IpNet> {
    let ips = result["ips"].as_array().map(Vec::as_slice).unwrap_or_default();
    ips.iter().filter_map(|ip| ip["address"].as_str()?.parse().ok()).collect()
}

/// How a call is named in reports.
pub(crate) fn verb(call: &CniCall) -> String {
    let verb = call.var("CNI_COMMAND");
    let container = call.var("CNI_CONTAINERID");
    format!("{} of {container:?} by {}", if verb.is_empty() { "a call" } else { verb }, call.plugin)
}

/// The version that a call was made in.
fn asked_version(call: &CniCall) -> String {
    let stdin: Value = serde_json::from_str(&call.stdin).unwrap_or_default();
    stdin["cniVersion"].as_str().unwrap_or_default().to_owned()
}

fn add_result(result: &Value, call: &CniCall) -> Vec<Violation> {
    let mut found = Vec::new();
    let version = asked_version(call);
    let mut field = |name: &str, right: bool, expected: &str, seen: &Value| {
        if !right {
            let object = format!("{name} in the result of {}", verb(call));
            found.push(violation(object, expected, short(&seen.to_string())));
        }
    };
    field("cniVersion", result["cniVersion"] == version.as_str(), &version, &result["cniVersion"]);
    let ips = result["ips"].as_array().map(Vec::as_slice).unwrap_or_default();
    field("ips", !ips.is_empty(), "at least one address", &result["ips"]);
    let interfaces = result["interfaces"].as_array().map_or(0, Vec::len);
    for (number, ip) in ips.iter().enumerate() {
        let at = |key: &str| format!("ips[{number}].{key}");
        let net = ip["address"].as_str().and_then(|text| text.parse::<IpNet>().ok());
        field(&at("address"), net.is_some(), "an address with prefix length", &ip["address"]);
        let family = match (version.starts_with("0."), net) {
            (true, Some(IpNet::V4(_))) => ip["version"] == "4",
            (true, Some(IpNet::V6(_))) => ip["version"] == "6",
            _ => true,
        };
        field(&at("version"), family, "the family of the address", &ip["version"]);
        let index = &ip["interface"];
        let points = index.is_null() || index.as_u64().is_some_and(|i| i < interfaces as u64);
        field(&at("interface"), points, "the index of an interface in the result", index);
    }
    found
}

fn failure(call: &CniCall, codes: &[u64]) -> Vec<Violation> {
    let name = verb(call);
    if call.exit.is_none_or(|exit| exit == 0) {
        return vec![violation(format!("exit code of {name}"), "not 0", ended(call))];
    }
    let Ok(error) = serde_json::from_str::<Value>(&call.stdout) else {
        let seen = short(&call.stdout);
        return vec![violation(format!("output of {name}"), "an error object", seen)];
    };
    let mut found = Vec::new();
    let code = error["code"].as_u64();
    if code.is_none_or(|code| !codes.is_empty() && !codes.contains(&code)) {
        let expected = match codes {
            [] => "a number".to_owned(),
            codes => codes.iter().map(u64::to_string).collect::<Vec<_>>().join(" or "),
        };
        let seen = format!("{} in {}", error["code"], short(&call.stdout));
        found.push(violation(format!("code in the error of {name}"), expected, seen));
    }
    if error["msg"].as_str().is_none_or(str::is_empty) {
        let seen = short(&call.stdout);
        found.push(violation(format!("msg in the error of {name}"), "words", seen));
    }
    found
}

fn error_names(call: &CniCall, words: &[String]) -> Verdict {
    let error: Value = serde_json::from_str(&call.stdout)
        .map_err(|_| format!("{} told no error object", verb(call)))?;
    let text = ["msg", "details"].map(|key| error[key].as_str().unwrap_or_default().to_owned());
    let missing = lacking(words, &text);
    let differ = |word: &String| {
        violation(format!("error of {}", verb(call)), format!("names {word:?}"), text.join("; "))
    };
    Ok(missing.into_iter().map(differ).collect())
}

fn versions(call: &CniCall, asked: &str, listed: &[String]) -> Vec<Violation> {
    let name = verb(call);
    if !call.succeeded() {
        return vec![violation(format!("exit code of {name}"), "0", ended(call))];
    }
    let answer: Value = serde_json::from_str(&call.stdout).unwrap_or_default();
    let mut found = Vec::new();
    if answer["cniVersion"] != asked {
        let seen = answer["cniVersion"].to_string();
        found.push(violation(format!("cniVersion in the answer to {name}"), asked, seen));
    }
    let there = answer["supportedVersions"].as_array().map(Vec::as_slice).unwrap_or_default();
    for version in listed.iter().filter(|version| !there.iter().any(|v| v == version.as_str())) {
        let seen = short(&answer["supportedVersions"].to_string());
        found.push(violation("supportedVersions", format!("lists {version}"), seen));
    }
    found
}

fn families(call: &CniCall, v4: usize, v6: usize) -> Verdict {
    let told = told(call)?;
    let count = |v4: bool| told.iter().filter(|address| address.is_ipv4() == v4).count();
    let wanted = [("IPv4", v4, count(true)), ("IPv6", v6, count(false))];
    let differ = wanted.into_iter().filter(|(_, wanted, seen)| wanted != seen);
    Ok(differ
        .map(|(family, wanted, seen)| {
            let object = format!("{family} addresses told by {}", verb(call));
            violation(object, wanted.to_string(), format!("{seen}: {}", list(&told)))
        })
        .collect())
}

fn distinct(look: &Look<'_>, calls: &[String]) -> Verdict {
    if calls.len() < 2 {
        return Err("fewer than two ADDs to compare".to_owned());
    }
    let mut found = Vec::new();
    let mut seen: std::collections::BTreeMap<IpAddr, String> = std::collections::BTreeMap::new();
    for name in calls {
        let call = look.call(name)?;
        let told = told(call)?;
        if told.is_empty() {
            return Err(format!("{} told no address", verb(call)));
        }
        for address in told {
            if let Some(other) = seen.insert(address, verb(call)) {
                let both = format!("told by {other} and by {}", verb(call));
                found.push(violation(format!("address {address}"), "told once", both));
            }
        }
    }
    Ok(found)
}

fn not_reused(look: &Look<'_>, first: &str, later: &[String], control: &str) -> Verdict {
    let resting = told(look.call(first)?)?;
    let control = look.call(control)?;
    let mut found = Vec::new();
    for name in later {
        let call = look.call(name)?;
        // An ADD that is refused reuses nothing.
        let Ok(told) = told(call) else { continue };
        for address in told.intersection(&resting) {
            let seen = format!("told again by {}", verb(call));
            found.push(violation(format!("address {address}"), "at rest", seen));
        }
    }
    // An address that was given again was there to be given; only that none was
    // needs the control.
    if found.is_empty() && told(control)?.is_disjoint(&resting) {
        return Err("the control never got one of the addresses, so nothing kept them back".into());
    }
    Ok(found)
}

fn all_served(look: &Look<'_>, calls: &[String], count: usize) -> Verdict {
    let mut found = Vec::new();
    if calls.len() != count {
        return Err(format!("{} ADDs were made, not {count}", calls.len()));
    }
    for name in calls {
        found.extend(success(look.call(name)?));
    }
    let more = found.split_off(found.len().min(3));
    if !more.is_empty() {
        found.push(violation("further ADDs", "served", format!("{} more were not", more.len())));
    }
    Ok(found)
}

fn ended(call: &CniCall) -> String {
    let exit = call.exit.map_or("no exit code: it was stopped".to_owned(), |e| e.to_string());
    format!("{exit}; output {}; errors {}", short(&call.stdout), short(&call.stderr))
}

fn list(addresses: &BTreeSet<IpAddr>) -> String {
    let texts: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

#[cfg(test)]
mod tests;
