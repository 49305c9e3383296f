//! What the environment of this process chose.

use std::fs::File;
use std::io::Write;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::getpid;

static DEFECT: LazyLock<Option<String>> = LazyLock::new(|| variable("TERWAY_DEFECT"));
static POINT: LazyLock<Option<(String, u64)>> =
    LazyLock::new(|| variable("TERWAY_FAILPOINT").map(|text| counted(&text)));
static TOLD: AtomicBool = AtomicBool::new(false);
static PASSED: AtomicU64 = AtomicU64::new(0);

pub(crate) fn on(name: &str) -> bool {
    if DEFECT.as_deref() != Some(name) {
        return false;
    }
    if !TOLD.swap(true, Ordering::Relaxed) {
        note("TERWAY_DEFECT_LOG", name);
    }
    true
}

pub(crate) fn point(name: &str) {
    note("TERWAY_FAILPOINT_LOG", name);
    let Some((chosen, number)) = POINT.as_ref() else { return };
    if chosen == name && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *number {
        // What cannot be sent leaves the process alive, and the sweep says so.
        let _ = kill(getpid(), Signal::SIGKILL);
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn counted(text: &str) -> (String, u64) {
    match text.rsplit_once(':').and_then(|(name, n)| Some((name, n.parse().ok()?))) {
        Some((name, number)) => (name.to_owned(), number),
        None => (text.to_owned(), 1),
    }
}

/// Adds a line to the file that a variable names. A line that cannot be written
/// counts as not reached, which is an error of the run that asked.
fn note(variable_name: &str, line: &str) {
    let Some(path) = variable(variable_name) else { return };
    if let Ok(mut file) = File::options().create(true).append(true).open(path) {
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_may_carry_a_number() {
        assert_eq!(counted("journal.grant"), ("journal.grant".to_owned(), 1));
        assert_eq!(counted("journal.grant:3"), ("journal.grant".to_owned(), 3));
    }
}
