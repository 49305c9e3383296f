//! The CNI plugin: reads `CNI_*` and standard input, asks the node's daemon for
//! addresses, wires the pod, and answers as the CNI specification says.
#![forbid(unsafe_code)]

mod add;
mod check;
mod daemon;
mod del;
mod dispatch;
mod gc;
mod queue;
mod status;

use std::io::{self, Read, Write};
use std::process::ExitCode;

use model::cni::Environment;

/// musl's own asks the kernel for memory, or gives it back, some fifty times in an ADD.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let env = |key: &str| std::env::var(key).ok();
    let environment = Environment {
        command: env("CNI_COMMAND"),
        container: env("CNI_CONTAINERID"),
        netns: env("CNI_NETNS"),
        ifname: env("CNI_IFNAME"),
        args: env("CNI_ARGS"),
    };
    let mut stdin = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut stdin);
    let outcome = dispatch::run(&environment, read.map(|_| stdin));
    for warning in &outcome.warnings {
        let _ = writeln!(io::stderr(), "terway: {warning}");
    }
    if let Some(answer) = &outcome.answer {
        let _ = writeln!(io::stdout(), "{answer}");
    }
    ExitCode::from(u8::from(!outcome.success))
}
