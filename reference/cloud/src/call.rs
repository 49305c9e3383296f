//! One call without the network: the request as it stands on the wire, and what
//! an answer amounts to.

use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::client::legacy;

use crate::action::Action;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::observer::Outcome;
use crate::sign::Unsigned;

/// ECS and VPC take parameters from the query. What is longer than this goes
/// into the body, before a server on the way refuses the line (usually at 8 KiB).
const LONGEST_QUERY: usize = 6 << 10;

/// A request that was not signed yet. All attempts of a call share it, so they
/// carry the same parameters, the token among them.
pub(crate) struct Call {
    pub(crate) uri: Uri,
    pub(crate) form: String,
    action: &'static str,
    version: &'static str,
    host: String,
    query: String,
}

impl Call {
    pub(crate) fn new<A: Action>(request: &A, region: &str, endpoint: &Endpoint) -> Self {
        let encoded = request.parameters().with("RegionId", region).encoded();
        let (query, form) = match encoded.len() {
            0..=LONGEST_QUERY => (encoded, String::new()),
            _ => (String::new(), encoded),
        };
        let host = endpoint.host().to_owned();
        let uri = format!("{}://{host}/?{query}", endpoint.scheme()).parse();
        let uri = uri.expect("the endpoint was checked and the query is encoded");
        let version = A::PRODUCT.version();
        Self { uri, form, action: A::NAME, version, host, query }
    }

    pub(crate) fn unsigned(&self) -> Unsigned<'_> {
        Unsigned {
            method: "POST",
            host: &self.host,
            action: self.action,
            version: self.version,
            query: &self.query,
            form: &self.form,
        }
    }

    /// Why there was no answer.
    pub(crate) fn no_answer(&self, error: legacy::Error) -> Error {
        let (action, host) = (self.action, self.host.clone());
        if error.is_connect() {
            Error::Connect { action, host, source: error.into() }
        } else {
            Error::Broken { action, source: error.into() }
        }
    }
}

/// What came of an attempt.
pub(crate) enum Verdict<T> {
    Done(T),
    AlreadySo(T, Error),
    Failed(Error),
}

impl<T> Verdict<T> {
    /// Judges HTTP status and body, or why there are none.
    pub(crate) fn of<A>(request: &A, answer: Result<(u16, Bytes), Error>) -> Self
    where
        A: Action<Answer = T>,
    {
        let error = match answer {
            Ok((200..300, body)) => match request.answer(&body) {
                Ok(answer) => return Self::Done(answer),
                Err(misfit) => Error::misfit(A::NAME, misfit),
            },
            Ok((status, body)) => Error::refusal(A::NAME, status, &body),
            Err(error) => error,
        };
        match request.settled(error.kind()) {
            Some(answer) => Self::AlreadySo(answer, error),
            None => Self::Failed(error),
        }
    }

    pub(crate) fn outcome(&self) -> Outcome<'_> {
        match self {
            Self::Done(_) => Outcome::Done,
            Self::AlreadySo(_, error) => Outcome::AlreadySo(error),
            Self::Failed(error) => Outcome::Failed(error),
        }
    }
}

#[cfg(test)]
mod tests;
