//! What happened, told to whoever counts and logs.

use std::time::Duration;

use crate::error::Error;

/// Hears of every attempt that has ended. An attempt that is cancelled is not told.
///
/// Called between attempts, on the caller's task: it must return soon.
pub trait Observer: Send + Sync {
    /// One attempt has ended.
    fn attempt(&self, attempt: &Attempt<'_>);
}

/// Does not listen.
impl Observer for () {
    fn attempt(&self, _attempt: &Attempt<'_>) {}
}

/// One request and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The action's name in the API.
    pub action: &'static str,
    /// Counted from 1 in a call. Each page of a list is a call of its own.
    pub number: u32,
    /// From the call or the attempt before until it was sent: the pause, and
    /// the wait for the action's budget.
    pub waited: Duration,
    /// From sending to the end.
    pub took: Duration,
    /// What came of it.
    pub outcome: Outcome<'a>,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// Success.
    Done,
    /// Refused, since the work was done already: success, too.
    AlreadySo(&'a Error),
    /// Failed; whether it is made again, a later attempt tells.
    Failed(&'a Error),
}

impl Outcome<'_> {
    /// One word for a counter: `OK`, the cloud's code, or the kind of failure.
    pub fn code(&self) -> &str {
        match self {
            Self::Done => "OK",
            Self::AlreadySo(error) | Self::Failed(error) => error.code(),
        }
    }
}
