//! `doctor`: what keeps a node from serving pods.

use std::fs;
use std::path::{Path, PathBuf};

use crate::mapping;
use crate::{Socket, print};

/// Arguments of `doctor`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder where the runtime looks for network configurations.
    #[arg(long, default_value = "/etc/cni/net.d")]
    cni_dir: PathBuf,
    /// Folder of plugins.
    #[arg(long, default_value = "/opt/cni/bin")]
    plugin_dir: PathBuf,
    #[command(flatten)]
    socket: Socket,
}

/// Prints a line for each look: fine, or what to do.
pub(crate) fn run(args: &Args) -> bool {
    let looks = [
        sysctl("net/ipv4/ip_forward", "1"),
        sysctl("net/ipv4/conf/all/rp_filter", "0"),
        file(&args.plugin_dir.join("terway"), "install the plugin there"),
        file(
            &args.cni_dir.join("10-terway.conflist"),
            "the daemon writes it once the node is admitted",
        ),
        daemon(&args.socket.socket),
    ];
    let mut healthy = true;
    for (what, trouble) in looks {
        match trouble {
            None => print::line(&format!("fine     {what}")),
            Some(trouble) => {
                healthy = false;
                print::line(&format!("trouble  {what}: {trouble}"));
            }
        }
    }
    healthy
}

type Look = (String, Option<String>);

fn sysctl(key: &str, wanted: &str) -> Look {
    let seen = fs::read_to_string(Path::new("/proc/sys").join(key)).unwrap_or_default();
    let seen = seen.trim();
    let trouble = (seen != wanted).then(|| format!("is {seen:?}, set it to {wanted}"));
    (format!("sysctl {key} = {wanted}"), trouble)
}

fn file(path: &Path, remedy: &str) -> Look {
    let trouble = (!path.exists()).then(|| format!("is not there; {remedy}"));
    (path.display().to_string(), trouble)
}

fn daemon(socket: &Path) -> Look {
    let what = "the daemon, and the kernel as it holds it".to_owned();
    match mapping::ask(socket) {
        Err(error) => (what, Some(format!("{error:#}"))),
        Ok(reply) if reply.mismatches.is_empty() => (what, None),
        Ok(reply) => (what, Some(reply.mismatches.join("; "))),
    }
}
