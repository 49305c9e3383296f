//! The one file that sends.
//!
//! Each attempt waits for its action's budget, is signed anew and has a time
//! limit; what passes by itself is tried again (`retry`). Connections are kept
//! and used again. Redirects are not followed, and no proxy is used: the
//! environment (`HTTP_PROXY` and the like) is not read.
//!
//! A call may be dropped at any time and leaves nothing behind. If an attempt
//! was under way, its outcome is unknown, as after a timeout: send the same
//! request again, with the same token.

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, HeaderValue, USER_AGENT};
use hyper::{Request, Response};
use jiff::Timestamp;
use serde::de::Error as _;
use tokio::time::{Instant, sleep_until, timeout};

use crate::action::{Action, NAMES, Paged};
use crate::call::{Call, Verdict};
use crate::connections::{Connections, connections};
use crate::credentials::Credentials;
use crate::endpoint::Endpoints;
use crate::error::{Error, Kind};
use crate::limits::Buckets;
use crate::observer::{Attempt, Observer};
use crate::retry::Retry;
use crate::settings::{BadSettings, Settings, Timeouts};
use crate::sign::{Stamp, sign};
use crate::token::unique;

/// Calls actions. One client serves a whole process; calls may run side by side.
pub struct Client {
    connections: Connections,
    endpoints: Endpoints,
    region: String,
    user_agent: HeaderValue,
    credentials: RwLock<Arc<Credentials>>,
    buckets: Buckets,
    retry: Retry,
    timeouts: Timeouts,
    longest_answer: usize,
    observer: Arc<dyn Observer>,
}

impl Client {
    /// Makes a client that tells `observer` of every attempt. Sends nothing yet.
    pub fn new(settings: Settings, observer: Arc<dyn Observer>) -> Result<Self, BadSettings> {
        let unknown = |action: &&String| !NAMES.contains(&action.as_str());
        if let Some(action) = settings.limits.actions.keys().find(unknown) {
            return Err(BadSettings::UnknownAction { action: action.clone() });
        }
        let text = settings.user_agent;
        let user_agent =
            HeaderValue::from_str(&text).map_err(|_| BadSettings::UserAgent { text })?;
        Ok(Self {
            connections: connections(&settings.endpoints, settings.timeouts.connect)?,
            endpoints: settings.endpoints,
            region: settings.region,
            user_agent,
            credentials: RwLock::new(Arc::new(settings.credentials)),
            buckets: Buckets::new(&settings.limits),
            retry: settings.retry,
            timeouts: settings.timeouts,
            longest_answer: settings.longest_answer,
            observer,
        })
    }

    /// Signs with `credentials` from the next attempt on.
    pub fn renew(&self, credentials: Credentials) {
        *self.credentials.write().expect(UNPOISONED) = Arc::new(credentials);
    }

    /// Calls an action; makes further attempts while failures pass by themselves
    /// and the settings allow. All attempts carry the same parameters.
    pub async fn send<A: Action>(&self, request: &A) -> Result<A::Answer, Error> {
        let call = Call::new(request, &self.region, self.endpoints.of(A::PRODUCT));
        let (mut number, mut idle_since, mut first_sent) = (0, Instant::now(), None);
        loop {
            self.buckets.turn(A::NAME).await;
            number += 1;
            let sent = Instant::now();
            let verdict = Verdict::of(request, self.exchange(A::NAME, &call).await);
            self.observer.attempt(&Attempt {
                action: A::NAME,
                number,
                waited: sent - idle_since,
                took: sent.elapsed(),
                outcome: verdict.outcome(),
            });
            let error = match verdict {
                Verdict::Done(answer) | Verdict::AlreadySo(answer, _) => {
                    self.buckets.passed(A::NAME);
                    return Ok(answer);
                }
                Verdict::Failed(error) => error,
            };
            if error.kind() == Kind::Throttled {
                self.buckets.refused(A::NAME, sent);
            }
            idle_since = Instant::now();
            let spent = idle_since - *first_sent.get_or_insert(sent);
            match self.retry.pause(error.kind(), number, spent, fastrand::f64()) {
                Some(pause) => sleep_until(idle_since + pause).await,
                None => return Err(error),
            }
        }
    }

    /// Follows the pages from `first` on and gathers what they hold.
    pub async fn send_all<P: Paged>(&self, first: P) -> Result<Vec<P::Item>, Error> {
        let (mut request, mut items, mut seen) = (first, Vec::new(), BTreeSet::new());
        loop {
            let page = self.send(&request).await?;
            items.extend(page.items);
            let Some(token) = page.next else { return Ok(items) };
            if defect::on("the-first-page-is-all") {
                return Ok(items);
            }
            if !seen.insert(token.clone()) {
                let source = serde_json::Error::custom("the token of a page that was read before");
                return Err(Error::BadAnswer { action: P::NAME, path: "NextToken".into(), source });
            }
            request = request.after(token);
        }
    }

    /// One attempt: HTTP status and body.
    async fn exchange(&self, action: &'static str, call: &Call) -> Result<(u16, Bytes), Error> {
        let answer = async {
            let response = self.connections.request(self.signed(call)).await;
            let response = response.map_err(|error| call.no_answer(error))?;
            Ok((response.status().as_u16(), self.body(action, response).await?))
        };
        let after = self.timeouts.attempt;
        timeout(after, answer).await.unwrap_or(Err(Error::Timeout { action, after }))
    }

    async fn body(
        &self,
        action: &'static str,
        response: Response<Incoming>,
    ) -> Result<Bytes, Error> {
        let most = self.longest_answer;
        let whole = Limited::new(response.into_body(), most).collect().await;
        let whole = whole.map_err(|source| {
            if !source.is::<LengthLimitError>() {
                return Error::Broken { action, source };
            }
            let source = serde_json::Error::custom(format_args!("longer than {most} bytes"));
            Error::BadAnswer { action, path: ".".into(), source }
        });
        Ok(whole?.to_bytes())
    }

    fn signed(&self, call: &Call) -> Request<Full<Bytes>> {
        let credentials = Arc::clone(&self.credentials.read().expect(UNPOISONED));
        let stamp = Stamp { date: Timestamp::now(), nonce: unique() };
        let request = Request::post(&call.uri)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, &self.user_agent);
        sign(&call.unsigned(), &credentials, &stamp)
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .body(Full::from(call.form.clone()))
            .expect("endpoint, credentials and names were checked when they were made")
    }
}

const UNPOISONED: &str = "nobody panics while holding the credentials";
