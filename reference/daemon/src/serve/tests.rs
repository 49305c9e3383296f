//! The socket in both protocols, with methods that need no node.

use std::os::unix::net::UnixStream as Blocking;
use std::path::PathBuf;

use prost::Message;
use rpc::frame::{Answered, Asked, Code, HEADER, Header, Kind, frame};
use rpc::terway_node_client::TerwayNodeClient;
use rpc::{CallError, CheckRequest, Question, StatusReply, StatusRequest, ask};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc::UnboundedSender;
use tonic::transport::Endpoint;

use super::*;

/// Tells by `given_up` that an AllocIP, which never ends by itself, was dropped.
struct Stub {
    given_up: UnboundedSender<()>,
}

struct Guard(UnboundedSender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tonic::async_trait]
impl TerwayBackend for Stub {
    async fn alloc_ip(
        &self,
        _: Request<rpc::AllocIpRequest>,
    ) -> Result<Response<rpc::AllocIpReply>, Status> {
        let _guard = Guard(self.given_up.clone());
        std::future::pending().await
    }

    async fn release_ip(
        &self,
        _: Request<rpc::ReleaseIpRequest>,
    ) -> Result<Response<rpc::ReleaseIpReply>, Status> {
        Ok(Response::new(rpc::ReleaseIpReply::default()))
    }

    async fn get_ip_info(
        &self,
        _: Request<rpc::GetInfoRequest>,
    ) -> Result<Response<rpc::GetInfoReply>, Status> {
        Ok(Response::new(rpc::GetInfoReply::default()))
    }

    async fn record_event(
        &self,
        _: Request<rpc::EventRequest>,
    ) -> Result<Response<rpc::EventReply>, Status> {
        Ok(Response::new(rpc::EventReply::default()))
    }
}

#[tonic::async_trait]
impl TerwayNode for Stub {
    async fn check(
        &self,
        asked: Request<CheckRequest>,
    ) -> Result<Response<rpc::CheckReply>, Status> {
        Err(Status::not_found(format!("no sandbox {}", asked.into_inner().if_name)))
    }

    async fn gc(&self, _: Request<rpc::GcRequest>) -> Result<Response<rpc::GcReply>, Status> {
        Ok(Response::new(rpc::GcReply::default()))
    }

    async fn status(&self, _: Request<StatusRequest>) -> Result<Response<StatusReply>, Status> {
        Ok(Response::new(full()))
    }

    async fn mapping(
        &self,
        _: Request<rpc::MappingRequest>,
    ) -> Result<Response<rpc::MappingReply>, Status> {
        Ok(Response::new(rpc::MappingReply::default()))
    }
}

fn full() -> StatusReply {
    StatusReply { why: "full".to_owned(), pods_suffer: true }
}

struct Socket {
    path: PathBuf,
    given_up: mpsc::UnboundedReceiver<()>,
    _folder: TempDir,
}

fn served() -> Socket {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("eni.socket");
    let (sender, given_up) = mpsc::unbounded_channel();
    let listener = listen(&path).unwrap();
    tokio::spawn(answer(listener, Stub { given_up: sender }));
    Socket { path, given_up, _folder: folder }
}

impl Socket {
    /// As a plugin does it.
    async fn call<Q: Question + Send + 'static>(&self, question: Q) -> Result<Q::Answer, CallError>
    where
        Q::Answer: Send,
    {
        let path = self.path.clone();
        let asked = move || ask(Blocking::connect(path).unwrap(), &question)?.answer();
        tokio::task::spawn_blocking(asked).await.unwrap()
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.path).await.unwrap()
    }
}

fn asked(service: &str, method: &str, payload: Vec<u8>) -> Asked {
    Asked { service: service.to_owned(), method: method.to_owned(), payload }
}

async fn hear(stream: &mut UnixStream) -> (u32, Answered) {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).await.unwrap();
    let Header { length, stream: number } = Header::read(header, Kind::Response).unwrap();
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await.unwrap();
    (number, Answered::decode(&*message).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_socket_answers_the_same_in_both_protocols() {
    let socket = served();
    assert_eq!(socket.call(StatusRequest {}).await.unwrap(), full());
    let endpoint = Endpoint::try_from(format!("unix:{}", socket.path.display())).unwrap();
    let mut grpc = TerwayNodeClient::new(endpoint.connect().await.unwrap());
    assert_eq!(grpc.status(StatusRequest {}).await.unwrap().into_inner(), full());

    let check = CheckRequest { if_name: "eth7".to_owned(), ..CheckRequest::default() };
    let status = grpc.check(check.clone()).await.unwrap_err();
    let Err(CallError::Refused { refusal, .. }) = socket.call(check).await else {
        panic!("a refusal by gRPC is one by ttrpc");
    };
    assert_eq!((refusal.code, refusal.message.as_str()), (status.code().into(), status.message()));
    assert_eq!((refusal.code(), refusal.message.as_str()), (Code::NotFound, "no sandbox eth7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_is_served() {
    let socket = served();
    socket.call(rpc::ReleaseIpRequest::default()).await.unwrap();
    socket.call(rpc::GetInfoRequest::default()).await.unwrap();
    socket.call(rpc::EventRequest::default()).await.unwrap();
    socket.call(rpc::GcRequest::default()).await.unwrap();
    socket.call(rpc::MappingRequest::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_before_the_answer_has_given_up() {
    let mut socket = served();
    let mut stream = socket.connect().await;
    let question = asked("rpc.TerwayBackend", "AllocIP", Vec::new());
    stream.write_all(&frame(Kind::Request, 1, &question)).await.unwrap();
    // One that waits is not one that has left.
    let soon = std::time::Duration::from_millis(50);
    assert!(tokio::time::timeout(soon, socket.given_up.recv()).await.is_err());
    drop(stream);
    socket.given_up.recv().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_of_one_connection_are_answered_in_their_order() {
    let socket = served();
    let mut stream = socket.connect().await;
    let both = [
        frame(Kind::Request, 1, &asked("rpc.TerwayNode", "Status", Vec::new())),
        frame(Kind::Request, 3, &asked("rpc.TerwayNode", "Reboot", Vec::new())),
        frame(Kind::Request, 5, &asked("rpc.TerwayNode", "Check", vec![0x0a, 9])),
    ];
    stream.write_all(&both.concat()).await.unwrap();
    let (number, answered) = hear(&mut stream).await;
    assert_eq!((number, StatusReply::decode(&*answered.payload).unwrap()), (1, full()));
    for (wanted, code, word) in
        [(3, Code::Unimplemented, "Reboot"), (5, Code::InvalidArgument, "question of Check")]
    {
        let (number, answered) = hear(&mut stream).await;
        let refusal = answered.status.unwrap();
        assert_eq!((number, refusal.code()), (wanted, code));
        assert!(refusal.message.contains(word), "{}", refusal.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_none_ends_its_connection_and_no_other() {
    let socket = served();
    for nonsense in [[0u8; 12].as_slice(), b"\0\xff\xff\xff\0\0\0\x01\x01\0"] {
        let mut stream = socket.connect().await;
        stream.write_all(nonsense).await.unwrap();
        // An end, or a reset where something was left unread.
        assert!(matches!(stream.read(&mut [0; 8]).await, Ok(0) | Err(_)));
    }
    drop(socket.connect().await);
    assert_eq!(socket.call(StatusRequest {}).await.unwrap(), full());
}

#[test]
fn codes_are_those_of_grpc() {
    for number in 0..17 {
        let code = Code::try_from(number).unwrap();
        assert_eq!(format!("{code:?}"), format!("{:?}", tonic::Code::from_i32(number)));
    }
    assert!(Code::try_from(17).is_err());
}
