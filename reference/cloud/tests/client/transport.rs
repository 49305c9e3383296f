//! Networks and servers that fail.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cloud::action::delete_network_interface::DeleteNetworkInterface;
use cloud::{
    BadSettings, Client, Effect, Endpoint, Endpoints, Error, Kind, Scheme, Settings, Timeouts,
};
use rstest::rstest;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::cloud::{Cloud, Reply, accept, settings};

fn delete() -> DeleteNetworkInterface {
    DeleteNetworkInterface { interface: "eni-1".to_owned() }
}

/// Fails the first request by `reply`, and only that.
async fn failing_once(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Cloud {
    Cloud::new(move |n, _| if n == 0 { reply() } else { accept() }).await
}

#[rstest]
#[case::closes_at_once("")]
#[case::closes_in_the_head("HTTP/1.1 200 OK\r\ncontent-le")]
#[case::closes_in_the_body("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"RequestId\"")]
#[case::closes_in_a_chunk("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n14\r\n{\"Req")]
#[case::speaks_no_http("220 mail ready\r\n")]
#[case::a_proxys_page("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 6\r\n\r\n<html>")]
#[tokio::test]
async fn a_broken_answer_is_asked_for_again(#[case] bytes: &'static str) {
    let cloud = failing_once(|| Reply::Bytes(bytes.to_owned())).await;
    assert_eq!(cloud.client().send(&delete()).await.unwrap(), Effect::Accepted);
    assert_eq!(cloud.seen().len(), 2);
}

#[rstest]
#[case::half_an_object("{\"RequestId\": \"r\"", "?")]
#[case::html("<html>hello</html>", ".")]
#[case::nothing("", ".")]
#[case::another_object("{}", ".")]
#[case::wrong_type("{\"RequestId\": 7}", "RequestId")]
#[tokio::test]
async fn a_whole_answer_of_another_form_is_an_error_and_not_asked_for_again(
    #[case] body: &'static str,
    #[case] at: &str,
) {
    let cloud = failing_once(|| Reply::Answer(200, body.to_owned())).await;
    let error = cloud.client().send(&delete()).await.unwrap_err();
    assert_eq!(cloud.seen().len(), 1);
    let Error::BadAnswer { action, path, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*action, path.as_str(), error.kind()), ("DeleteNetworkInterface", at, Kind::Other));
}

#[rstest]
#[case::as_long_as_allowed(1 << 20, true)]
#[case::longer((1 << 20) + 1, false)]
#[tokio::test]
async fn an_answer_may_not_be_longer_than_set(#[case] length: usize, #[case] fits: bool) {
    let padding = length - r#"{"RequestId": ""}"#.len();
    let cloud = Cloud::new(move |_, _| {
        Reply::Answer(200, format!(r#"{{"RequestId": "{}"}}"#, "x".repeat(padding)))
    })
    .await;
    let settings = Settings { longest_answer: 1 << 20, ..cloud.settings() };
    let result = Client::new(settings, Arc::new(())).unwrap().send(&delete()).await;
    assert_eq!(result.is_ok(), fits, "{result:?}");
    assert_eq!(cloud.seen().len(), 1);
}

fn hurried(cloud: &Cloud) -> Client {
    let timeouts = Timeouts { attempt: Duration::from_millis(50), ..Timeouts::default() };
    Client::new(Settings { timeouts, ..cloud.settings() }, Arc::new(())).unwrap()
}

#[tokio::test]
async fn silence_ends_in_a_timeout_after_every_attempt() {
    let cloud = Cloud::new(|_, _| Reply::Silence).await;
    let error = hurried(&cloud).send(&delete()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { after, .. } if after == Duration::from_millis(50)));
    assert_eq!((error.kind(), cloud.seen().len()), (Kind::Transient, 4));
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_ends_in_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let _server = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.writable().await.unwrap();
            stream.try_write(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{").unwrap();
            open.push(stream);
        }
    });
    let timeouts = Timeouts { attempt: Duration::from_millis(100), ..Timeouts::default() };
    let client = Client::new(Settings { timeouts, ..settings(&host) }, Arc::new(())).unwrap();
    let error = client.send(&delete()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient, "{error}");
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let client = Client::new(settings(&host), Arc::new(())).unwrap();
    let error = client.send(&delete()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("DeleteNetworkInterface: connect to {host}"));
}

#[tokio::test]
async fn an_encrypted_endpoint_is_never_spoken_to_in_clear() {
    let cloud = Cloud::new(|_, _| accept()).await;
    let plain = cloud.settings();
    let ecs = Endpoint::parse(plain.endpoints.ecs.host(), Scheme::Https).unwrap();
    let endpoints = Endpoints { ecs, ..plain.endpoints.clone() };
    match Client::new(Settings { endpoints, ..plain }, Arc::new(())) {
        // A machine without roots cannot speak TLS, and says so at once.
        Err(error) => assert!(matches!(error, BadSettings::Roots { .. })),
        Ok(client) => {
            let error = client.send(&delete()).await.unwrap_err();
            assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        }
    }
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let cloud = Cloud::new(|_, _| {
        Reply::Bytes(
            "HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".into(),
        )
    })
    .await;
    let error = cloud.client().send(&delete()).await.unwrap_err();
    assert_eq!((error.code(), cloud.seen().len()), ("HTTP 302", 1));
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_the_client_as_it_was() {
    let cloud = Cloud::new(|n, _| if n == 0 { Reply::Silence } else { accept() }).await;
    let client = cloud.client();
    let dropped = timeout(Duration::from_millis(50), client.send(&delete())).await;
    assert!(dropped.is_err());
    assert_eq!(client.send(&delete()).await.unwrap(), Effect::Accepted);
}

#[tokio::test]
async fn calls_may_move_between_threads_and_run_side_by_side() {
    fn movable(call: impl Future<Output = Result<Effect, Error>> + Send) -> impl Future + Send {
        call
    }
    let cloud = Cloud::new(|_, _| accept()).await;
    let client = Arc::new(cloud.client());
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                movable(async { client.send(&delete()).await }).await;
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(cloud.seen().len(), 50);
}
