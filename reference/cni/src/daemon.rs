//! The daemon as the plugin sees it: one call over its socket, and the code of
//! every way in which that can end.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use model::cni::{Code, Failure};
use rpc::frame::{self, Refusal};
use rpc::{CallError, Question};

/// Longest wait for an answer; a little less than runtimes give a plugin.
const ANSWER: Duration = Duration::from_secs(110);
/// Longest wait for a daemon that is starting.
const START: Duration = Duration::from_secs(3);
/// Between two tries to connect.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a verb waits for a daemon that does not listen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// A daemon that restarts is worth a short wait.
    Restart,
    /// The verb can do without.
    None,
}

/// The daemon could not be asked, or refused.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Nobody listens, or the connection broke.
    Away(String),
    /// It answered, and the answer is no.
    Refused(Refusal),
}

/// Connects to the daemon at `socket`, asks it `question` and waits for the answer.
pub(crate) fn ask<Q: Question>(
    socket: &Path,
    patience: Patience,
    question: &Q,
) -> Result<Q::Answer, Trouble> {
    begin(socket, patience, question)?.end()
}

/// Asks as [`ask`] does, and does not wait.
pub(crate) fn begin<Q: Question>(
    socket: &Path,
    patience: Patience,
    question: &Q,
) -> Result<Asked<Q>, Trouble> {
    let stream = connect(socket, patience)
        .map_err(|error| Trouble::Away(format!("connect to {}: {error}", socket.display())))?;
    defect::point("cni.connected");
    rpc::ask(stream, question).map(Asked).map_err(Trouble::from)
}

/// A question that the daemon works at.
pub(crate) struct Asked<Q>(rpc::Call<Q>);

impl<Q: Question> Asked<Q> {
    /// Waits for the answer.
    pub(crate) fn end(self) -> Result<Q::Answer, Trouble> {
        self.0.answer().map_err(Trouble::from)
    }
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused { refusal, .. } if refusal.code() != frame::Code::Unavailable => {
                Self::Refused(refusal)
            }
            CallError::Refused { refusal, .. } => Self::Away(refusal.message),
            CallError::Broken { source, .. } if source.kind() == io::ErrorKind::WouldBlock => {
                Self::Away(format!("no answer in {} s", ANSWER.as_secs()))
            }
            CallError::Broken { ref source, .. } => Self::Away(format!("{error}: {source}")),
            CallError::Garbled { .. } => Self::Away(error.to_string()),
        }
    }
}

fn connect(socket: &Path, patience: Patience) -> io::Result<UnixStream> {
    let deadline = Instant::now() + START;
    let stream = loop {
        match UnixStream::connect(socket) {
            Ok(stream) => break stream,
            Err(_) if patience == Patience::Restart && Instant::now() < deadline => pause(),
            Err(error) => return Err(error),
        }
    };
    stream.set_read_timeout(Some(ANSWER))?;
    Ok(stream)
}

/// Nothing tells a process without a runtime that somebody listens.
#[expect(clippy::disallowed_methods, reason = "paces tries, which have a deadline")]
fn pause() {
    std::thread::sleep(PAUSE);
}

impl Trouble {
    /// The CNI error for a verb that cannot go on without the daemon.
    pub(crate) fn failure(self, act: impl Into<String>) -> Failure {
        match self {
            Self::Away(why) => {
                let last = defect::on("agent-away-is-final");
                let code = if last { Code::Refused } else { Code::TryAgain };
                Failure::new(code, act).because(why)
            }
            Self::Refused(refusal) => {
                let code = match refusal.code() {
                    frame::Code::FailedPrecondition => Code::NodeRefused,
                    frame::Code::ResourceExhausted
                    | frame::Code::DeadlineExceeded
                    | frame::Code::Aborted => Code::TryAgain,
                    frame::Code::NotFound => Code::UnknownContainer,
                    _ => Code::Refused,
                };
                Failure::new(code, act).because(refusal.message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(frame::Code::FailedPrecondition, Code::NodeRefused)]
    #[case(frame::Code::ResourceExhausted, Code::TryAgain)]
    #[case(frame::Code::NotFound, Code::UnknownContainer)]
    #[case(frame::Code::Internal, Code::Refused)]
    fn a_refusal_keeps_its_reason(#[case] told: frame::Code, #[case] code: Code) {
        let refusal = Refusal { code: told.into(), message: "limit".to_owned() };
        let failure = Trouble::Refused(refusal).failure("allocate");
        assert_eq!((failure.code, failure.details), (code, "limit".to_owned()));
    }

    #[test]
    fn nobody_at_the_socket_is_worth_another_try() {
        let socket = Path::new("/nonexistent/eni.socket");
        let answer = ask(socket, Patience::None, &rpc::StatusRequest {});
        let failure = answer.unwrap_err().failure("ask for the state of the node");
        assert_eq!(failure.code, Code::TryAgain);
        assert!(failure.details.contains("/nonexistent/eni.socket"), "{failure}");
    }
}
