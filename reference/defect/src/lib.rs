//! Switchable defects and fail points, for proving that scenarios can fail.
//!
//! Only a build with the feature `mutants` (`ci/mutants`) holds any: in a normal
//! one [`on`] is always false and [`point`] does nothing, and neither name nor
//! code of a defect is left in the programs.
//!
//! | variable | meaning |
//! |---|---|
//! | `TERWAY_DEFECT` | the one defect that is on |
//! | `TERWAY_DEFECT_LOG` | file that gets a line with its name when it is reached |
//! | `TERWAY_FAILPOINT` | `NAME` or `NAME:N`: the process kills itself there, the N-th time |
//! | `TERWAY_FAILPOINT_LOG` | file that gets a line with the name of every point that is passed |
#![forbid(unsafe_code)]

#[cfg(feature = "mutants")]
mod chosen;

/// Whether the defect `name` is on. Asking is what is recorded as reaching it:
/// ask where the defect is about to change what is done, not before.
#[cfg(feature = "mutants")]
pub fn on(name: &'static str) -> bool {
    chosen::on(name)
}

/// A normal build has no defects.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
#[allow(clippy::inline_always, reason = "no trace of a defect may stay in a normal build")]
pub const fn on(_: &'static str) -> bool {
    false
}

/// A step between two others, at which a crash sweep ends the process by SIGKILL.
#[cfg(feature = "mutants")]
pub fn point(name: &'static str) {
    chosen::point(name);
}

/// A normal build has no fail points.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
#[allow(clippy::inline_always, reason = "no trace of a fail point may stay in a normal build")]
pub const fn point(_: &'static str) {}
