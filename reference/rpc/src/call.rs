//! One call of the daemon by a process that makes no other, such as a plugin: without a
//! runtime and without a connection that is kept.

use std::io::{self, Read, Write};
use std::marker::PhantomData;
use std::os::unix::net::UnixStream;

use prost::Message;
use thiserror::Error;

use crate::frame::{Answered, Asked, HEADER, Header, Kind, Refusal, frame};
use crate::question::Question;

/// The first stream that a client may open.
const STREAM: u32 = 1;

/// A call that brought no answer.
#[derive(Debug, Error)]
pub enum CallError {
    /// The connection broke, or nothing came in time.
    #[error("call the daemon's {method}")]
    Broken {
        /// The method.
        method: &'static str,
        /// What happened to the connection.
        source: io::Error,
    },
    /// What came is no answer.
    #[error("read the daemon's answer to {method}: {problem}")]
    Garbled {
        /// The method.
        method: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The daemon said no.
    #[error("the daemon refuses {method}: {}", refusal.message)]
    Refused {
        /// The method.
        method: &'static str,
        /// Why.
        refusal: Refusal,
    },
}

/// Asks `question` over a fresh connection, and does not wait: the daemon works meanwhile.
pub fn ask<Q: Question>(mut stream: UnixStream, question: &Q) -> Result<Call<Q>, CallError> {
    let method = Q::METHOD;
    let asked = Asked {
        service: Q::SERVICE.to_owned(),
        method: method.to_owned(),
        payload: question.encode_to_vec(),
    };
    stream
        .write_all(&frame(Kind::Request, STREAM, &asked))
        .map_err(|source| CallError::Broken { method, source })?;
    Ok(Call { stream, question: PhantomData })
}

/// A question that waits for its answer. Who lets go of it gives the question up.
#[must_use]
#[derive(Debug)]
pub struct Call<Q> {
    stream: UnixStream,
    question: PhantomData<Q>,
}

impl<Q: Question> Call<Q> {
    /// Waits for the answer, for as long as the connection's own timeout of reads says.
    pub fn answer(mut self) -> Result<Q::Answer, CallError> {
        let method = Q::METHOD;
        let broken = |source| CallError::Broken { method, source };
        let garbled = |problem: String| CallError::Garbled { method, problem };
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header).map_err(broken)?;
        let header =
            Header::read(header, Kind::Response).map_err(|bad| garbled(bad.to_string()))?;
        if header.stream != STREAM {
            return Err(garbled(format!("it belongs to stream {}", header.stream)));
        }
        let mut message = vec![0; header.length];
        self.stream.read_exact(&mut message).map_err(broken)?;
        let undecodable = |error: prost::DecodeError| garbled(error.to_string());
        let Answered { status, payload } = Answered::decode(&*message).map_err(undecodable)?;
        match status.filter(|status| status.code != 0) {
            Some(refusal) => Err(CallError::Refused { method, refusal }),
            None => Q::Answer::decode(&*payload).map_err(undecodable),
        }
    }
}
