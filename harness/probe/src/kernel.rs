//! A namespace's state, as `ip -j` writes it.

use facts::kernel::KernelState;
use serde_json::Value;

use crate::ProbeError;
use crate::command::succeed;
use crate::netns::NetnsPath;

/// Links with addresses, all routes, rules and neighbours, in one look.
pub fn state(netns: &NetnsPath, place: &str) -> Result<KernelState, ProbeError> {
    let name = netns.name();
    let routing = ["route show table all", "rule show"];
    let [links, neighbours] = ask(&name, "-d", ["addr show", "neigh show"])?;
    let [routes4, rules4] = ask(&name, "-4", routing)?;
    let [routes6, rules6] = ask(&name, "-6", routing)?;
    Ok(KernelState { place: place.to_owned(), links, routes4, routes6, rules4, rules6, neighbours })
}

/// What a namespace takes for true of addresses, ways and neighbours, also what it was
/// told by others and keeps aside: one line each.
pub fn beliefs(netns: &NetnsPath) -> Result<String, ProbeError> {
    let name = netns.name();
    let routes = "route show table all\nroute show table cache\n";
    let ask =
        |family, questions| succeed("ip", &["-n", &name, "-o", family, "-batch", "-"], questions);
    Ok([ask("-d", "addr show\nneigh show\n")?, ask("-4", routes)?, ask("-6", routes)?].concat())
}

/// Asks several questions of one process, as looks are many.
fn ask<const N: usize>(
    name: &str,
    option: &str,
    questions: [&str; N],
) -> Result<[Value; N], ProbeError> {
    let args = ["-n", name, "-j", option, "-batch", "-"];
    let text = succeed("ip", &args, &(questions.join("\n") + "\n"))?;
    let answers = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let answers: Vec<Value> = answers
        .collect::<Result<_, _>>()
        .map_err(|source| ProbeError::Output { tool: format!("ip {}", args.join(" ")), source })?;
    match <[Value; N]>::try_from(answers) {
        Ok(answers) => Ok(answers.map(sifted)),
        // Some versions say nothing where there is nothing: then each is asked alone.
        Err(_) => one_by_one(name, option, questions),
    }
}

fn one_by_one<const N: usize>(
    name: &str,
    option: &str,
    questions: [&str; N],
) -> Result<[Value; N], ProbeError> {
    let mut answers = [const { Value::Null }; N];
    for (answer, question) in answers.iter_mut().zip(questions) {
        let args: Vec<_> =
            ["-n", name, "-j", option].into_iter().chain(question.split(' ')).collect();
        let text = succeed("ip", &args, "")?;
        let text = if text.trim().is_empty() { "[]" } else { &text };
        let tool = format!("ip {}", args.join(" "));
        let value =
            serde_json::from_str(text).map_err(|source| ProbeError::Output { tool, source })?;
        *answer = sifted(value);
    }
    Ok(answers)
}

/// Without the entries that the tool filtered out, which stand there empty.
fn sifted(answer: Value) -> Value {
    match answer {
        Value::Array(list) => {
            list.into_iter().filter(|entry| *entry != serde_json::json!({})).collect()
        }
        other => other,
    }
}
