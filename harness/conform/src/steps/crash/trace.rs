//! System calls of a plugin, watched and struck by `strace`, so that a target
//! needs no fail points of its own.

use std::collections::BTreeMap;

/// Calls that change something or tell somebody.
const CALLS: &str = "connect,sendto,sendmsg,write,writev,openat,renameat,renameat2,rename,fsync,\
    setns,unshare,bind,mount,unlinkat,mkdirat";

/// A command that tells the system calls of the program behind it in a file.
pub(super) fn watching(file: &str) -> Vec<String> {
    let trace = format!("trace={CALLS}");
    ["strace", "-f", "-qq", "-o", file, "-e", &trace].map(str::to_owned).into()
}

/// A command that ends the program behind it by SIGKILL at `CALL:N`.
pub(super) fn killing(at: &str) -> Vec<String> {
    let (call, number) = at.split_once(':').unwrap_or((at, "1"));
    let trace = format!("trace={call}");
    let inject = format!("inject={call}:signal=KILL:when={number}");
    ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject]
        .map(str::to_owned)
        .into()
}

/// Every call as `CALL:N`, in the order in which they began. strace counts for
/// each thread on its own, so N goes to the most that one thread made.
pub(super) fn counted(told: &str) -> Vec<String> {
    let (mut times, mut most) = (BTreeMap::new(), BTreeMap::new());
    let mut steps = Vec::new();
    for line in told.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
        if !call.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            continue;
        }
        let time = times.entry((thread, call)).or_insert(0);
        *time += 1;
        let known = most.entry(call).or_insert(0);
        if *time > *known {
            *known = *time;
            steps.push(format!("{call}:{time}"));
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_count_for_each_thread() {
        let told = "12 openat(AT_FDCWD, \"/x\") = 3\n12 write(3, \"\", 0 <unfinished ...>\n\
            13 write(4, \"\", 0) = 0\n12 <... write resumed>) = 0\n12 write(3, \"a\", 1) = 1\n\
            12 +++ exited with 0 +++\n";
        assert_eq!(counted(told), ["openat:1", "write:1", "write:2"]);
    }
}
