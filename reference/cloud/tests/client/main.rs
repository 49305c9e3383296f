//! The client against a server of its own on the loopback: what goes out, what
//! is sent again, what is not.
#![allow(clippy::unwrap_used, reason = "a test's support code panics")]

mod budget;
mod cloud;
mod pages;
mod retry;
mod transport;
mod wire;
