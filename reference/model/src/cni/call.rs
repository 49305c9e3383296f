//! A call of the plugin: its `CNI_*` variables, checked before anything is done
//! (CNI specification 1.1.0, section 2, "Parameters").

use crate::{Attachment, PodRef};

use super::{Code, Failure};

/// What the runtime asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Attach a container.
    Add,
    /// Detach a container.
    Del,
    /// Compare what is there with what was given.
    Check,
    /// Remove what belongs to no valid attachment.
    Gc,
    /// Say whether ADD could be served.
    Status,
    /// Name the versions that are spoken.
    Version,
}

/// The variables of a call, as text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Environment {
    /// `CNI_COMMAND`.
    pub command: Option<String>,
    /// `CNI_CONTAINERID`.
    pub container: Option<String>,
    /// `CNI_NETNS`.
    pub netns: Option<String>,
    /// `CNI_IFNAME`.
    pub ifname: Option<String>,
    /// `CNI_ARGS`.
    pub args: Option<String>,
}

/// A call whose variables were found in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// ADD and its target.
    Add(Target),
    /// CHECK and its target.
    Check(Target),
    /// DEL; namespace and pod may be unknown by now.
    Del {
        /// What to detach.
        attachment: Attachment,
        /// `CNI_NETNS`, where the runtime still has one.
        netns: Option<String>,
        /// The pod, where `CNI_ARGS` still name it.
        pod: PodRef,
    },
    /// GC; the valid attachments are in the configuration.
    Gc,
    /// STATUS.
    Status,
    /// VERSION.
    Version,
}

/// Which sandbox of which pod is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Sandbox and interface.
    pub attachment: Attachment,
    /// Path of its network namespace.
    pub netns: String,
    /// The pod, from `CNI_ARGS`.
    pub pod: PodRef,
}

impl Verb {
    /// Reads `CNI_COMMAND`; missing or unknown is error 4.
    pub fn parse(command: Option<&str>) -> Result<Self, Failure> {
        match command {
            Some("ADD") => Ok(Self::Add),
            Some("DEL") => Ok(Self::Del),
            Some("CHECK") => Ok(Self::Check),
            Some("GC") => Ok(Self::Gc),
            Some("STATUS") => Ok(Self::Status),
            Some("VERSION") => Ok(Self::Version),
            Some(_) if defect::on("unknown-verb-is-version") => Ok(Self::Version),
            Some(other) => Err(environment(format!(
                "CNI_COMMAND {other:?} is none of ADD, DEL, CHECK, GC, STATUS, VERSION"
            ))),
            None => Err(environment("CNI_COMMAND is not set")),
        }
    }
}

impl Call {
    /// Checks the variables that the verb needs.
    ///
    /// DEL takes a call without namespace and without arguments, so that a
    /// sandbox whose namespace is gone can always be cleaned up.
    pub fn parse(env: &Environment) -> Result<Self, Failure> {
        match Verb::parse(env.command.as_deref())? {
            Verb::Add => Ok(Self::Add(Target::parse(env)?)),
            Verb::Check => Ok(Self::Check(Target::parse(env)?)),
            Verb::Del
                if env.netns.as_deref().is_none_or(str::is_empty)
                    && defect::on("del-needs-a-namespace") =>
            {
                Err(environment("CNI_NETNS is not set"))
            }
            Verb::Del if env.args.is_none() && defect::on("del-needs-arguments") => {
                Err(environment("CNI_ARGS is not set"))
            }
            Verb::Del => Ok(Self::Del {
                attachment: attachment(env)?,
                netns: env.netns.clone().filter(|path| !path.is_empty()),
                pod: pod(env.args.as_deref().unwrap_or_default()).unwrap_or_default(),
            }),
            Verb::Gc => Ok(Self::Gc),
            Verb::Status => Ok(Self::Status),
            Verb::Version => Ok(Self::Version),
        }
    }
}

impl Target {
    fn parse(env: &Environment) -> Result<Self, Failure> {
        let attachment = attachment(env)?;
        let netns = needed("CNI_NETNS", env.netns.as_deref()).map_err(|failure| {
            let other = defect::on("missing-namespace-is-an-unknown-container");
            if other { Failure { code: Code::UnknownContainer, ..failure } } else { failure }
        })?;
        if !netns.starts_with('/') {
            return Err(environment(format!("CNI_NETNS {netns:?} is no absolute path")));
        }
        let pod = pod(env.args.as_deref().unwrap_or_default())?;
        for (key, value) in [("K8S_POD_NAMESPACE", &pod.namespace), ("K8S_POD_NAME", &pod.name)] {
            if value.is_empty() && !defect::on("arguments-are-optional") {
                return Err(environment(format!("CNI_ARGS holds no {key}")));
            }
        }
        Ok(Self { attachment, netns: netns.to_owned(), pod })
    }
}

fn environment(msg: impl Into<String>) -> Failure {
    Failure::new(Code::InvalidEnvironment, msg)
}

fn needed<'a>(key: &str, value: Option<&'a str>) -> Result<&'a str, Failure> {
    value.filter(|text| !text.is_empty()).ok_or_else(|| environment(format!("{key} is not set")))
}

fn attachment(env: &Environment) -> Result<Attachment, Failure> {
    let given = |value: Option<&'static str>, missing: bool, name| {
        value.filter(|_| missing && defect::on(name))
    };
    let container = given(Some("none"), env.container.is_none(), "container-id-is-optional")
        .map_or_else(|| needed("CNI_CONTAINERID", env.container.as_deref()), Ok)?;
    let ifname = given(Some("eth0"), env.ifname.is_none(), "interface-name-is-optional")
        .map_or_else(|| needed("CNI_IFNAME", env.ifname.as_deref()), Ok)?;
    let first = container.starts_with(|c: char| c.is_ascii_alphanumeric());
    let rest = container.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    let sound = first && rest && container.len() <= 253;
    if !(sound || defect::on("container-id-is-unchecked")) {
        return Err(environment(format!(
            "CNI_CONTAINERID {container:?} is not made of letters, digits, '_', '.' and '-'"
        )));
    }
    let fits = ifname.len() <= 15 && !matches!(ifname, "." | "..");
    let clean = ifname.chars().all(|c| c.is_ascii_graphic() && !"/:".contains(c));
    if !(fits && clean || defect::on("interface-name-is-unchecked")) {
        return Err(environment(format!(
            "CNI_IFNAME {ifname:?} is no interface name: at most 15 visible characters, no '/' and ':'"
        )));
    }
    Ok(Attachment { container: container.to_owned(), ifname: ifname.to_owned() })
}

/// Reads `CNI_ARGS`: pairs `KEY=VALUE` joined by semicolons. Keys of other
/// components are passed over, as runtimes add their own.
fn pod(args: &str) -> Result<PodRef, Failure> {
    let mut pod = PodRef::default();
    for pair in args.split(';').filter(|pair| !pair.is_empty()) {
        if !pair.contains('=') && defect::on("arguments-are-optional") {
            continue;
        }
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| environment(format!("CNI_ARGS: {pair:?} is no KEY=VALUE")))?;
        let field = match key {
            "K8S_POD_NAMESPACE" => &mut pod.namespace,
            "K8S_POD_NAME" => &mut pod.name,
            "K8S_POD_UID" => &mut pod.uid,
            _ => continue,
        };
        if !field.is_empty() && field != value {
            return Err(environment(format!("CNI_ARGS: {key} is given twice")));
        }
        let clean = value.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        if !clean || value.len() > 253 {
            return Err(environment(format!("CNI_ARGS: {key} {value:?} is no Kubernetes name")));
        }
        value.clone_into(field);
    }
    Ok(pod)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn env(command: &str) -> Environment {
        Environment {
            command: Some(command.into()),
            container: Some("c1".into()),
            netns: Some("/run/netns/a".into()),
            ifname: Some("eth0".into()),
            args: Some("IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=a".into()),
        }
    }

    #[test]
    fn add_needs_sandbox_interface_namespace_and_pod() {
        let Call::Add(target) = Call::parse(&env("ADD")).unwrap() else { panic!("no ADD") };
        assert_eq!(target.pod.to_string(), "default/a");
        assert_eq!(target.attachment.to_string(), "c1/eth0");
        for without in [
            Environment { container: None, ..env("ADD") },
            Environment { ifname: None, ..env("ADD") },
            Environment { netns: None, ..env("ADD") },
            Environment { args: None, ..env("ADD") },
        ] {
            assert_eq!(Call::parse(&without).unwrap_err().code, Code::InvalidEnvironment);
        }
    }

    #[test]
    fn del_goes_without_namespace_and_arguments() {
        let bare = Environment { netns: None, args: Some("nonsense".into()), ..env("DEL") };
        let Call::Del { netns, pod, .. } = Call::parse(&bare).unwrap() else { panic!("no DEL") };
        assert_eq!((netns, pod), (None, PodRef::default()));
        let nameless = Environment { container: None, ..env("DEL") };
        assert_eq!(Call::parse(&nameless).unwrap_err().code, Code::InvalidEnvironment);
    }

    #[rstest]
    #[case::slash("eth/0")]
    #[case::sixteen("0123456789abcdef")]
    #[case::newline("eth0\n")]
    #[case::nul("eth\0")]
    #[case::space("eth 0")]
    #[case::dots("..")]
    #[case::colon("eth0:1")]
    fn a_name_that_no_link_can_have_is_error_4(#[case] ifname: &str) {
        let odd = Environment { ifname: Some(ifname.into()), ..env("ADD") };
        assert_eq!(Call::parse(&odd).unwrap_err().code, Code::InvalidEnvironment);
    }

    #[rstest]
    #[case::traversal("../../etc/passwd")]
    #[case::leading_dot(".c1")]
    #[case::unicode("contäiner")]
    fn a_container_id_outside_the_grammar_is_error_4(#[case] id: &str) {
        let odd = Environment { container: Some(id.into()), ..env("ADD") };
        assert_eq!(Call::parse(&odd).unwrap_err().code, Code::InvalidEnvironment);
    }

    #[rstest]
    #[case::no_pair("K8S_POD_NAMESPACE")]
    #[case::twice("K8S_POD_NAME=a;K8S_POD_NAME=b;K8S_POD_NAMESPACE=x")]
    #[case::slash("K8S_POD_NAME=a/b;K8S_POD_NAMESPACE=x")]
    fn odd_arguments_are_error_4(#[case] args: &str) {
        let odd = Environment { args: Some(args.into()), ..env("ADD") };
        assert_eq!(Call::parse(&odd).unwrap_err().code, Code::InvalidEnvironment);
    }

    #[test]
    fn an_unknown_command_is_error_4() {
        assert_eq!(Call::parse(&env("FROB")).unwrap_err().code, Code::InvalidEnvironment);
        assert!(Call::parse(&Environment::default()).is_err());
    }
}
