//! A plugin's call against daemons that answer, refuse, leave and talk nonsense.
#![allow(clippy::unwrap_used, reason = "a test's support code panics")]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use prost::Message;
use rpc::frame::{Answered, Asked, Code, HEADER, Header, Kind, Refusal, frame};
use rpc::{Call, CallError, CheckRequest, StatusReply, StatusRequest, ask};
use rstest::rstest;

/// What a call gets from a daemon that says `says` and leaves; and what it was asked.
fn told(says: Vec<u8>) -> (Result<StatusReply, CallError>, Asked) {
    let (plugin, mut daemon) = UnixStream::pair().unwrap();
    let daemon = thread::spawn(move || {
        let mut header = [0; HEADER];
        daemon.read_exact(&mut header).unwrap();
        let mut message = vec![0; Header::read(header, Kind::Request).unwrap().length];
        daemon.read_exact(&mut message).unwrap();
        daemon.write_all(&says).unwrap();
        Asked::decode(&*message).unwrap()
    });
    (ask(plugin, &StatusRequest {}).and_then(Call::answer), daemon.join().unwrap())
}

fn response(stream: u32, answered: &Answered) -> Vec<u8> {
    frame(Kind::Response, stream, answered)
}

fn refusal(code: Code) -> Answered {
    let message = "the node is full".to_owned();
    Answered { status: Some(Refusal { code: code.into(), message }), payload: Vec::new() }
}

#[test]
fn a_question_names_its_method_and_the_answer_comes_back() {
    let reply = StatusReply { why: "full".to_owned(), pods_suffer: true };
    let answered = Answered { status: None, payload: reply.encode_to_vec() };
    let (answer, asked) = told(response(1, &answered));
    assert_eq!(answer.unwrap(), reply);
    let asked = (asked.service.as_str(), asked.method.as_str(), asked.payload.as_slice());
    assert_eq!(asked, ("rpc.TerwayNode", "Status", [].as_slice()));
}

#[test]
fn a_status_of_zero_is_no_refusal() {
    assert!(told(response(1, &refusal(Code::Ok))).0.is_ok());
}

#[test]
fn a_refusal_keeps_its_code_and_its_words() {
    let error = told(response(1, &refusal(Code::ResourceExhausted))).0.unwrap_err();
    let CallError::Refused { refusal, .. } = &error else { panic!("{error}") };
    assert_eq!(refusal.code(), Code::ResourceExhausted);
    assert_eq!(error.to_string(), "the daemon refuses Status: the node is full");
}

#[rstest]
#[case::at_once(0)]
#[case::amid_the_header(4)]
#[case::amid_the_message(HEADER + 2)]
fn a_daemon_that_leaves_is_a_broken_call(#[case] said: usize) {
    let mut says = response(1, &refusal(Code::Unknown));
    says.truncate(said);
    let error = told(says).0.unwrap_err();
    assert!(matches!(error, CallError::Broken { method: "Status", .. }), "{error}");
}

#[rstest]
#[case::http(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "the frame's length")]
#[case::another_stream(response(3, &Answered::default()), "it belongs to stream 3")]
#[case::no_message(vec![0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0xff], "decode")]
#[case::no_status_reply(
    response(1, &Answered { status: None, payload: vec![0x0a, 9] }),
    "decode"
)]
fn nonsense_is_told_as_such(#[case] says: Vec<u8>, #[case] problem: &str) {
    let error = told(says).0.unwrap_err();
    assert!(matches!(error, CallError::Garbled { method: "Status", .. }), "{error}");
    assert!(error.to_string().contains(problem), "{error}");
}

/// A runtime's timeout is over before a daemon that is stuck answers.
#[test]
fn a_silent_daemon_is_waited_for_as_long_as_the_connection_says() {
    let (plugin, daemon) = UnixStream::pair().unwrap();
    plugin.set_read_timeout(Some(std::time::Duration::from_millis(10))).unwrap();
    let error = ask(plugin, &CheckRequest::default()).and_then(Call::answer).unwrap_err();
    drop(daemon);
    let CallError::Broken { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.kind(), std::io::ErrorKind::WouldBlock);
}
