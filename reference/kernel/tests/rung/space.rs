//! Fresh namespaces for a test.

use std::fs::File;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;
use serde_json::Value;

/// Runs `test` on a thread in a network namespace of its own, which goes when
/// the thread does. Without root it says so and passes.
pub fn in_fresh_node(test: impl FnOnce() + Send + 'static) {
    if !geteuid().is_root() {
        eprintln!("skipped: the kernel rung needs root");
        return;
    }
    let thread = thread::spawn(|| {
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// A namespace inside the node: a pod's.
pub struct Inner(File);

impl Inner {
    pub fn new() -> Self {
        let open = || {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            kernel::netns::here().unwrap()
        };
        Self(thread::spawn(open).join().unwrap())
    }

    pub fn file(&self) -> File {
        self.0.try_clone().unwrap()
    }

    pub fn ip(&self, object: &str) -> Value {
        kernel::netns::within(&self.0, || ip(object)).unwrap()
    }

    pub fn run(&self, args: &[&str]) {
        kernel::netns::within(&self.0, || run(args)).unwrap();
    }
}

/// `ip -j -d OBJECT show` in this thread's namespace; all tables of routes.
pub fn ip(object: &str) -> Value {
    let mut args = vec!["-j", object, "show"];
    if object == "route" {
        args.extend(["table", "all"]);
    }
    let output = Command::new("ip").args(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(if text.trim().is_empty() { "[]" } else { &text }).unwrap()
}

/// `ip ARGS` in this thread's namespace.
pub fn run(args: &[&str]) {
    let status = Command::new("ip").args(args).status().unwrap();
    assert!(status.success(), "ip {args:?}");
}
