//! Which processor a thread goes on with.
//!
//! The kernel wakes who is called on the processor of the caller, as if that only waited for
//! it. Where it knows of a cache that processors share, it looks for an idle one of these
//! first; in many virtual machines it knows of none, and two that could work at the same time
//! work one after the other while a processor is idle.
//!
//! Cpusets hold in any case: what is asked for here is cut to them.

use std::sync::LazyLock;

use nix::sched::{CpuSet, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;

/// The thread that asks.
const THIS: Pid = Pid::from_raw(0);

/// Takes this thread off `processor`, where somebody else goes on, if it is there and there is
/// another. It is bound to none afterwards.
pub(crate) fn leave(processor: usize) {
    let is_here = sched_getcpu().is_ok_and(|here| here == processor);
    if is_here && allow(THIS, all_but(processor)) {
        allow(THIS, *ALL);
    }
}

/// Lets a thread that waits go on beside this one; answers whether there is a processor for it.
pub(crate) fn part_from(waiting: Pid) -> bool {
    sched_getcpu().is_ok_and(|here| allow(waiting, all_but(here)))
}

static ALL: LazyLock<CpuSet> = LazyLock::new(|| {
    let mut set = CpuSet::new();
    (0..CpuSet::count()).for_each(|processor| set.set(processor).expect("it is one of them"));
    set
});

fn all_but(processor: usize) -> CpuSet {
    let mut set = *ALL;
    // What is not in it need not be taken out.
    let _ = set.unset(processor);
    set
}

/// Answers whether that can be: where no processor is left, all stays as it was.
fn allow(thread: Pid, set: CpuSet) -> bool {
    sched_setaffinity(thread, &set).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sched::sched_getaffinity;

    fn allowed() -> Vec<usize> {
        let set = sched_getaffinity(THIS).unwrap();
        (0..CpuSet::count()).filter(|processor| set.is_set(*processor).unwrap()).collect()
    }

    #[test]
    fn who_leaves_a_processor_goes_on_with_another_and_is_bound_to_none() {
        let before = allowed();
        let here = sched_getcpu().unwrap();
        leave(here);
        assert_eq!(allowed(), before);
        let mut one = CpuSet::new();
        one.set(here).unwrap();
        assert!(allow(THIS, one));
        leave(here);
        assert_eq!(allowed(), before, "nor to the one that it was bound to");
    }

    #[test]
    fn who_has_nowhere_else_to_go_stays() {
        let before = allowed();
        assert!(!allow(THIS, CpuSet::new()));
        assert_eq!(allowed(), before);
    }
}
