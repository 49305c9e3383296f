//! The daemon as the plugin sees it: one call over its socket, and the code of
//! every way in which that can end.

use std::path::Path;
use std::time::Duration;

use model::cni::{Code, Failure};
use rpc::terway_backend_client::TerwayBackendClient;
use rpc::terway_node_client::TerwayNodeClient;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status};

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
    Refused(Status),
}

/// Clients of both services on one connection.
pub(crate) struct Daemon {
    pub(crate) backend: TerwayBackendClient<Channel>,
    pub(crate) node: TerwayNodeClient<Channel>,
}

/// Connects to the daemon at `socket` and makes one exchange with it.
pub(crate) fn ask<T>(
    socket: &Path,
    patience: Patience,
    exchange: impl AsyncFnOnce(Daemon) -> Result<Response<T>, Status>,
) -> Result<T, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Trouble::Away(format!("start a runtime: {error}")))?;
    runtime.block_on(async {
        let channel = connect(socket, patience).await?;
        defect::point("cni.connected");
        let daemon = Daemon {
            backend: TerwayBackendClient::new(channel.clone()),
            node: TerwayNodeClient::new(channel),
        };
        match tokio::time::timeout(ANSWER, exchange(daemon)).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) if status.code() == tonic::Code::Unavailable => {
                Err(Trouble::Away(status.message().to_owned()))
            }
            Ok(Err(status)) => Err(Trouble::Refused(status)),
            Err(_) => Err(Trouble::Away(format!("no answer in {} s", ANSWER.as_secs()))),
        }
    })
}

async fn connect(socket: &Path, patience: Patience) -> Result<Channel, Trouble> {
    let path = socket.display();
    let endpoint = Endpoint::try_from(format!("unix:{path}"))
        .map_err(|error| Trouble::Away(format!("name socket {path}: {error}")))?;
    let deadline = Instant::now() + START;
    // The first try is made at once: even a tick that is due takes a millisecond.
    let mut pace = tokio::time::interval_at(Instant::now() + PAUSE, PAUSE);
    loop {
        match endpoint.connect().await {
            Ok(channel) => return Ok(channel),
            Err(_) if patience == Patience::Restart && Instant::now() < deadline => {
                pace.tick().await;
            }
            Err(error) => return Err(Trouble::Away(format!("connect to {path}: {error}"))),
        }
    }
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
            Self::Refused(status) => {
                let code = match status.code() {
                    tonic::Code::FailedPrecondition => Code::NodeRefused,
                    tonic::Code::ResourceExhausted
                    | tonic::Code::DeadlineExceeded
                    | tonic::Code::Aborted => Code::TryAgain,
                    tonic::Code::NotFound => Code::UnknownContainer,
                    _ => Code::Refused,
                };
                Failure::new(code, act).because(status.message())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Status::failed_precondition("limit"), Code::NodeRefused)]
    #[case(Status::resource_exhausted("pool"), Code::TryAgain)]
    #[case(Status::not_found("pod"), Code::UnknownContainer)]
    #[case(Status::internal("x"), Code::Refused)]
    fn a_refusal_keeps_its_reason(#[case] status: Status, #[case] code: Code) {
        let reason = status.message().to_owned();
        let failure = Trouble::Refused(status).failure("allocate");
        assert_eq!((failure.code, failure.details), (code, reason));
    }

    #[test]
    fn nobody_at_the_socket_is_worth_another_try() {
        let socket = Path::new("/nonexistent/eni.socket");
        let answer = ask(socket, Patience::None, async |mut daemon| {
            daemon.node.status(rpc::StatusRequest {}).await
        });
        let failure = answer.unwrap_err().failure("ask for the state of the node");
        assert_eq!(failure.code, Code::TryAgain);
        assert!(failure.details.contains("/nonexistent/eni.socket"), "{failure}");
    }
}
