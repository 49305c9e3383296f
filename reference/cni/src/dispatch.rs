//! From the environment and standard input to an answer; nothing here touches
//! the kernel or the daemon but through a verb.

use std::io;

use model::cni::{Call, Code, Conf, Environment, Failure, Verb, Version};
use serde_json::Value;

use crate::{add, check, del, gc, status};

/// What the process prints and how it ends.
pub(crate) struct Outcome {
    pub(crate) answer: Option<Value>,
    pub(crate) warnings: Vec<String>,
    pub(crate) success: bool,
}

/// Serves one call.
pub(crate) fn run(environment: &Environment, stdin: io::Result<Vec<u8>>) -> Outcome {
    let mut warnings = Vec::new();
    let mut version = None;
    let result = serve(environment, stdin, &mut version, &mut warnings);
    let success = result.is_ok();
    let mut answer = result.unwrap_or_else(|failure| Some(failure.to_json(version)));
    if !success && defect::on("error-without-an-object") {
        answer = None;
    }
    Outcome { answer, warnings, success }
}

fn serve(
    environment: &Environment,
    stdin: io::Result<Vec<u8>>,
    version: &mut Option<Version>,
    warnings: &mut Vec<String>,
) -> Result<Option<Value>, Failure> {
    let verb = Verb::parse(environment.command.as_deref())?;
    let stdin = stdin.map_err(|cause| {
        let other = defect::on("unreadable-input-is-undecodable");
        let code = if other { Code::Undecodable } else { Code::Io };
        Failure::new(code, "read the configuration from standard input").because(cause)
    })?;
    if verb == Verb::Version {
        return Ok(Some(Version::answer(&asked_version(&stdin)?)));
    }
    let call = Call::parse(environment)?;
    let conf = Conf::parse(&stdin)?;
    *version = Some(conf.version);
    warnings.clone_from(&conf.warnings);
    if !conf.version.has(verb) {
        return Err(Failure::new(
            Code::IncompatibleVersion,
            format!("version {} of the specification knows no {verb:?}", conf.version),
        ));
    }
    match call {
        Call::Add(target) => add::add(&target, &conf).map(Some),
        Call::Del { netns, .. } if gone_for_good(netns.as_deref(), &conf) => {
            Err(Failure::new(Code::UnknownContainer, "the sandbox is gone"))
        }
        Call::Del { attachment, pod, .. } => del::del(&attachment, &pod, &conf).map(|()| None),
        Call::Check(target) => check::check(&target, &conf).map(|()| None),
        Call::Gc => gc::gc(&conf).map(|()| None),
        Call::Status => status::status(&conf).map(|()| None),
        Call::Version => Ok(None),
    }
}

/// What a DEL that asks for more than it needs would stumble over.
fn gone_for_good(netns: Option<&str>, conf: &Conf) -> bool {
    let gone = |path: &str| !std::path::Path::new(path).exists();
    (defect::on("del-opens-the-namespace") && netns.is_some_and(gone))
        || (conf.prev_result.is_none() && defect::on("del-needs-the-result-of-add"))
}

/// VERSION answers in the caller's version, and in the newest where none is said.
fn asked_version(stdin: &[u8]) -> Result<String, Failure> {
    let newest = || Version::V1_1_0.text().to_owned();
    if stdin.iter().all(u8::is_ascii_whitespace) {
        return Ok(newest());
    }
    let value: Value = serde_json::from_slice(stdin).map_err(|cause| {
        Failure::new(Code::Undecodable, "configuration is no JSON object").because(cause)
    })?;
    Ok(value.get("cniVersion").and_then(Value::as_str).map_or_else(newest, str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn call(command: &str, stdin: &str) -> Outcome {
        let environment = Environment {
            command: Some(command.to_owned()),
            container: Some("c1".to_owned()),
            netns: Some("/nowhere".to_owned()),
            ifname: Some("eth0".to_owned()),
            args: Some("K8S_POD_NAMESPACE=default;K8S_POD_NAME=a".to_owned()),
        };
        run(&environment, Ok(stdin.as_bytes().to_vec()))
    }

    #[test]
    fn version_lists_every_version_and_answers_in_the_callers() {
        let outcome = call("VERSION", r#"{"cniVersion":"0.4.0"}"#);
        assert!(outcome.success);
        let answer = outcome.answer.unwrap();
        assert_eq!(answer["cniVersion"], "0.4.0");
        assert_eq!(answer["supportedVersions"].as_array().unwrap().len(), 5);
        assert!(call("VERSION", "").success);
    }

    #[rstest]
    #[case::check("CHECK", "0.3.1")]
    #[case::gc("GC", "1.0.0")]
    #[case::status("STATUS", "0.4.0")]
    fn a_verb_younger_than_the_configuration_is_error_1(#[case] verb: &str, #[case] version: &str) {
        let stdin = format!(r#"{{"cniVersion":"{version}","name":"n","type":"terway"}}"#);
        let outcome = call(verb, &stdin);
        let answer = outcome.answer.unwrap();
        assert_eq!((outcome.success, &answer["code"]), (false, &Value::from(1)));
        assert_eq!(answer["cniVersion"], version);
    }

    #[test]
    fn standard_input_that_cannot_be_read_is_error_5() {
        let environment =
            Environment { command: Some("STATUS".to_owned()), ..Environment::default() };
        let outcome = run(&environment, Err(io::Error::other("gone")));
        assert_eq!(outcome.answer.unwrap()["code"], 5);
    }

    #[test]
    fn an_unknown_key_is_error_2_in_the_newest_version() {
        let outcome = call("ADD", r#"{"cniVersion":"1.0.0","name":"n","type":"terway","x":1}"#);
        assert_eq!(outcome.answer.unwrap()["code"], 2);
    }
}
