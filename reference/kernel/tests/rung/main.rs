//! The kernel rung: real namespaces and real objects, looked at with `ip` and
//! `nft`, which know nothing of this crate. Needs root.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test's support code panics")]

#[cfg(feature = "marks")]
mod marks;
mod pair;
mod space;
