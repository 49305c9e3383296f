//! Calls in frames of ttrpc. They reach the same methods as those of gRPC.

use std::future::{Future, pending};
use std::io;

use prost::Message;
use rpc::frame::{Answered, Asked, HEADER, Header, Kind, Refusal, frame};
use rpc::terway_backend_server::TerwayBackend;
use rpc::terway_node_server::TerwayNode;
use rpc::{
    AllocIpRequest, CheckRequest, EventRequest, GcRequest, GetInfoRequest, MappingRequest,
    Question, ReleaseIpRequest, StatusRequest,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tonic::{Request, Response, Status};

use super::accept::first_byte;

/// Both services.
pub(super) trait Methods: TerwayBackend + TerwayNode {}

impl<M: TerwayBackend + TerwayNode> Methods for M {}

/// Answers the questions of a connection, one after the other, until its end. What is
/// asked by somebody who goes before it is answered is given up.
pub(super) async fn serve(mut stream: UnixStream, methods: &impl Methods) -> io::Result<()> {
    while first_byte(&stream).await?.is_some() {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).await?;
        let header = Header::read(header, Kind::Request).map_err(io::Error::other)?;
        let mut message = vec![0; header.length];
        stream.read_exact(&mut message).await?;
        let answered = tokio::select! {
            biased;
            answered = answer(methods, &message) => answered,
            () = gone(&stream) => return Ok(()),
        };
        stream.write_all(&frame(Kind::Response, header.stream, &answered)).await?;
    }
    Ok(())
}

/// Ends when the other side has left; not while its next question waits.
async fn gone(stream: &UnixStream) {
    if let Ok(Some(_)) = first_byte(stream).await {
        pending::<()>().await;
    }
}

async fn answer(methods: &impl Methods, message: &[u8]) -> Answered {
    let result = match Asked::decode(message) {
        Ok(asked) => dispatch(methods, &asked).await,
        Err(error) => Err(Status::invalid_argument(format!("read a request: {error}"))),
    };
    match result {
        Ok(payload) => Answered { status: None, payload },
        Err(status) => {
            let refusal =
                Refusal { code: status.code().into(), message: status.message().to_owned() };
            Answered { status: Some(refusal), payload: Vec::new() }
        }
    }
}

async fn dispatch(methods: &impl Methods, asked: &Asked) -> Result<Vec<u8>, Status> {
    let payload = asked.payload.as_slice();
    match (asked.service.as_str(), asked.method.as_str()) {
        (AllocIpRequest::SERVICE, AllocIpRequest::METHOD) => {
            with(payload, |question| methods.alloc_ip(question)).await
        }
        (ReleaseIpRequest::SERVICE, ReleaseIpRequest::METHOD) => {
            with(payload, |question| methods.release_ip(question)).await
        }
        (GetInfoRequest::SERVICE, GetInfoRequest::METHOD) => {
            with(payload, |question| methods.get_ip_info(question)).await
        }
        (EventRequest::SERVICE, EventRequest::METHOD) => {
            with(payload, |question| methods.record_event(question)).await
        }
        (CheckRequest::SERVICE, CheckRequest::METHOD) => {
            with(payload, |question| methods.check(question)).await
        }
        (GcRequest::SERVICE, GcRequest::METHOD) => {
            with(payload, |question| methods.gc(question)).await
        }
        (StatusRequest::SERVICE, StatusRequest::METHOD) => {
            with(payload, |question| methods.status(question)).await
        }
        (MappingRequest::SERVICE, MappingRequest::METHOD) => {
            with(payload, |question| methods.mapping(question)).await
        }
        (service, method) => Err(Status::unimplemented(format!("there is no {service}/{method}"))),
    }
}

async fn with<Q: Question, F>(
    payload: &[u8],
    method: impl FnOnce(Request<Q>) -> F,
) -> Result<Vec<u8>, Status>
where
    F: Future<Output = Result<Response<Q::Answer>, Status>>,
{
    let question = Q::decode(payload).map_err(|error| {
        Status::invalid_argument(format!("read the question of {}: {error}", Q::METHOD))
    })?;
    Ok(method(Request::new(question)).await?.into_inner().encode_to_vec())
}
