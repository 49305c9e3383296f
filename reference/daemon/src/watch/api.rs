//! Whether the Kubernetes API answers. A watch that hears nothing does not know whether
//! there is nothing to hear, so the API is asked, and people are told by a metric: an event
//! could not be written then.

use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use tokio::time::{MissedTickBehavior, timeout};

use crate::agent::Agent;

/// How often the API is asked; with [`PATIENCE`] it is told within 15 s that it is away.
const PERIOD: Duration = Duration::from_secs(10);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks until the process ends.
pub(crate) async fn follow(agent: Arc<Agent>) {
    let mut pace = tokio::time::interval(PERIOD);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut away = false;
    loop {
        pace.tick().await;
        let problem = problem(&agent.client, PATIENCE).await;
        match &problem {
            Some(problem) if !away => tracing::warn!(problem, "the API is out of reach"),
            None if away => tracing::info!("the API answers again"),
            _ => {}
        }
        away = problem.is_some();
        if !(away && defect::on("api-is-never-away")) {
            agent.metrics.api_away.set(i64::from(away));
        }
    }
}

/// Why the API does not answer; none when it does.
async fn problem(client: &Client, patience: Duration) -> Option<String> {
    match timeout(patience, client.apiserver_version()).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no answer within {patience:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const VERSION: &str = r#"{"major":"1","minor":"36","gitVersion":"v1.36.0","gitCommit":"","gitTreeState":"","buildDate":"","goVersion":"","compiler":"","platform":""}"#;

    async fn asked(answer: Option<&'static str>) -> Option<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = Client::try_from(kube::Config::new(url.parse().unwrap())).unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = [0; 1024];
            let _length = stream.read(&mut question).await.unwrap();
            if let Some(answer) = answer {
                let length = answer.len();
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        let problem = problem(&client, Duration::from_millis(500)).await;
        server.abort();
        problem
    }

    #[tokio::test]
    async fn an_api_that_answers_is_there_and_a_silent_one_is_away() {
        assert_eq!(asked(Some(VERSION)).await, None);
        assert_eq!(asked(None).await.as_deref(), Some("no answer within 500ms"));
    }
}
