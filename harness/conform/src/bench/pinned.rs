//! A thread that stays on one processor, with the threads that it starts: who answers it
//! does not have to be woken elsewhere. How long that takes is the machine's affair, ten
//! times what a round trip costs, and the same for everybody who is measured.

use anyhow::Context;
use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;

/// This thread is on one processor for as long as this lives.
pub(super) struct Pinned {
    /// Where it may be otherwise.
    before: CpuSet,
}

/// The calling thread, to the kernel.
const SELF: Pid = Pid::from_raw(0);

impl Pinned {
    /// Keeps this thread where it is.
    pub(super) fn here() -> anyhow::Result<Self> {
        let before = sched_getaffinity(SELF).context("ask where this thread may run")?;
        let mut one = CpuSet::new();
        let here = sched_getcpu().context("ask where this thread runs")?;
        one.set(here).with_context(|| format!("name processor {here}"))?;
        sched_setaffinity(SELF, &one)
            .with_context(|| format!("keep this thread on processor {here}"))?;
        Ok(Self { before })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // It was so before; there is nobody to tell.
        let _ = sched_setaffinity(SELF, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_thread_and_those_that_it_starts_have_one_processor_until_it_is_let_go() {
        let count = || {
            let set = sched_getaffinity(SELF).unwrap();
            (0..CpuSet::count()).filter(|&number| set.is_set(number).unwrap()).count()
        };
        let before = count();
        let pinned = Pinned::here().unwrap();
        assert_eq!((count(), std::thread::spawn(count).join().unwrap()), (1, 1));
        drop(pinned);
        assert_eq!(count(), before);
    }
}
