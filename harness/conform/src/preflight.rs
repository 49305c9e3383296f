//! What a machine must have before a scenario can say anything of a target.

use std::path::Path;
use std::process::{Command, Stdio};

/// One look at the machine.
pub(crate) struct Check {
    /// What was looked for.
    pub(crate) what: String,
    /// How it is: what was found, or what to do about it.
    pub(crate) found: Result<String, String>,
}

/// Looks at everything.
pub(crate) fn checks() -> Vec<Check> {
    let mut checks = vec![root(), kernel()];
    for (program, package) in [
        ("ip", "iproute2"),
        ("nft", "nftables"),
        ("ss", "iproute2"),
        ("strace", "strace"),
        ("ping", "iputils-ping"),
        ("etcd", "etcd-server"),
    ] {
        let remedy = format!("run ci/setup, or install {package}");
        checks.push(program_check(program, stage::program(program), &remedy));
    }
    for program in ["kube-apiserver", "kube-proxy"] {
        checks.push(program_check(program, stage::program(program), "run ci/setup"));
    }
    checks.push(namespaces());
    checks.push(packet_filter());
    checks.push(own_root());
    checks
}

fn root() -> Check {
    let found = if nix::unistd::geteuid().is_root() {
        Ok("root".to_owned())
    } else {
        Err("namespaces, links and rules need root: run as root".to_owned())
    };
    Check { what: "user".to_owned(), found }
}

fn kernel() -> Check {
    let release = nix::sys::utsname::uname()
        .map(|name| name.release().to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let found = if version >= (5, 10) {
        Ok(release)
    } else {
        Err(format!("{release}; the fabric needs 5.10 or later"))
    };
    Check { what: "kernel".to_owned(), found }
}

fn program_check(program: &str, found: Option<std::path::PathBuf>, remedy: &str) -> Check {
    let found = found.map(|path| path.display().to_string());
    Check { what: program.to_owned(), found: found.ok_or_else(|| remedy.to_owned()) }
}

fn namespaces() -> Check {
    let found = if Path::new("/proc/self/ns/net").exists() {
        Ok("network namespaces".to_owned())
    } else {
        Err("this kernel has no network namespaces".to_owned())
    };
    Check { what: "namespaces".to_owned(), found }
}

fn own_root() -> Check {
    let found = match stage::keeps_root() {
        Ok(true) => Ok("mount namespaces".to_owned()),
        Ok(false) => Err("in a chroot a node's files would land outside of it: \
            run in a container, a virtual machine or after pivot_root"
            .to_owned()),
        Err(error) => Err(format!("mount namespaces: {error}; run as root")),
    };
    Check { what: "mounts".to_owned(), found }
}

/// nftables is asked by using it, in a namespace that goes at once.
fn packet_filter() -> Check {
    let script = "nft add table inet plumbline_probe";
    let ran =
        Command::new("unshare").args(["--net", "sh", "-c", script]).stdin(Stdio::null()).output();
    let found = match ran {
        Ok(output) if output.status.success() => Ok("nf_tables".to_owned()),
        Ok(output) => Err(format!(
            "nft does not work in a new namespace: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("unshare: {error}; install util-linux")),
    };
    Check { what: "packet filter".to_owned(), found }
}
