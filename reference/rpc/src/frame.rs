//! Frames of ttrpc, the protocol of containerd for calls between two processes of one
//! machine: ten bytes of header, then a message of protocol buffers.
//! <https://github.com/containerd/ttrpc/blob/main/PROTOCOL.md>

use prost::Message;
use thiserror::Error;

/// Bytes of a frame's header.
pub const HEADER: usize = 10;
/// What each frame begins with, and no connection of gRPC does.
pub const FIRST_BYTE: u8 = 0;
/// The longest message, in bytes.
const LONGEST: usize = 4 << 20;

/// What a frame carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// An [`Asked`].
    Request = 1,
    /// An [`Answered`].
    Response = 2,
}

/// A question, and who is to answer it.
#[derive(Clone, PartialEq, Message)]
pub struct Asked {
    /// The service with its package.
    #[prost(string, tag = "1")]
    pub service: String,
    /// Its method.
    #[prost(string, tag = "2")]
    pub method: String,
    /// What the method takes, encoded.
    #[prost(bytes = "vec", tag = "3")]
    pub payload: Vec<u8>,
}

/// An answer or a refusal.
#[derive(Clone, PartialEq, Message)]
pub struct Answered {
    /// None, or one with code 0, where the method answered.
    #[prost(message, optional, tag = "1")]
    pub status: Option<Refusal>,
    /// What the method gives, encoded.
    #[prost(bytes = "vec", tag = "2")]
    pub payload: Vec<u8>,
}

/// Why there is no answer: `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub struct Refusal {
    /// The kind of reason.
    #[prost(enumeration = "Code", tag = "1")]
    pub code: i32,
    /// In words.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// Kinds of reasons: `google.rpc.Code`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, prost::Enumeration)]
#[repr(i32)]
pub enum Code {
    /// No refusal.
    Ok = 0,
    /// Who asked gave up.
    Cancelled = 1,
    /// None of the others.
    Unknown = 2,
    /// The question is none.
    InvalidArgument = 3,
    /// Not in time.
    DeadlineExceeded = 4,
    /// There is no such thing.
    NotFound = 5,
    /// There is one already.
    AlreadyExists = 6,
    /// Not to this caller.
    PermissionDenied = 7,
    /// Nothing is left to give.
    ResourceExhausted = 8,
    /// Not on this node, as it is.
    FailedPrecondition = 9,
    /// Something came in between.
    Aborted = 10,
    /// Beyond what there is.
    OutOfRange = 11,
    /// There is no such method.
    Unimplemented = 12,
    /// Something that always holds does not.
    Internal = 13,
    /// Not now.
    Unavailable = 14,
    /// Something is lost or broken for good.
    DataLoss = 15,
    /// Nobody knows who asks.
    Unauthenticated = 16,
}

/// The header of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Bytes of the message that follows.
    pub length: usize,
    /// Which question of a connection this belongs to.
    pub stream: u32,
}

/// A frame that is none, or none that is understood here.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the frame's {field} is {found}, not {wanted}")]
pub struct BadFrame {
    field: &'static str,
    found: usize,
    wanted: &'static str,
}

impl Header {
    /// Reads the header of a frame of `kind`: one question, one answer. Streams of
    /// several messages are refused.
    pub fn read(bytes: [u8; HEADER], kind: Kind) -> Result<Self, BadFrame> {
        let [length @ .., _, _, _, _, found, flags] = bytes;
        let length = u32::from_be_bytes(length) as usize;
        let bad = |field, found, wanted| Err(BadFrame { field, found, wanted });
        if length > LONGEST {
            return bad("length", length, "at most 4 MiB");
        }
        if found != kind as u8 {
            let wanted = if kind == Kind::Request { "1, a request" } else { "2, a response" };
            return bad("type", found.into(), wanted);
        }
        if flags != 0 {
            return bad("flags", flags.into(), "0, a single message");
        }
        let [_, _, _, _, stream @ .., _, _] = bytes;
        Ok(Self { length, stream: u32::from_be_bytes(stream) })
    }
}

/// The frame of one message, to be written at once.
pub fn frame(kind: Kind, stream: u32, message: &impl Message) -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    // Into a vector it always fits.
    let _ = message.encode(&mut bytes);
    let length = u32::try_from(bytes.len() - HEADER).unwrap_or(u32::MAX);
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes[4..8].copy_from_slice(&stream.to_be_bytes());
    bytes[8] = kind as u8;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const REFUSAL: Refusal = Refusal { code: 5, message: String::new() };

    /// By hand from the protocol's text.
    #[test]
    fn a_frame_is_laid_out_as_the_protocol_says() {
        let wanted = [0, 0, 0, 2, 0, 0, 0, 7, 2, 0, 0x08, 5];
        assert_eq!(frame(Kind::Response, 7, &REFUSAL), wanted);
        let header: [u8; HEADER] = wanted[..HEADER].try_into().unwrap();
        let read = Header::read(header, Kind::Response);
        assert_eq!(read, Ok(Header { length: 2, stream: 7 }));
    }

    #[rstest]
    #[case::long([0, 0x40, 0, 1, 0, 0, 0, 1, 1, 0], "length is 4194305")]
    #[case::grpc(*b"PRI * HTTP", "length is 1347569952")]
    #[case::data([0, 0, 0, 0, 0, 0, 0, 1, 3, 0], "type is 3, not 1, a request")]
    #[case::streaming([0, 0, 0, 0, 0, 0, 0, 1, 1, 2], "flags is 2")]
    fn a_bad_header_names_its_field(#[case] header: [u8; HEADER], #[case] why: &str) {
        let error = Header::read(header, Kind::Request).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    proptest! {
        #[test]
        fn no_header_and_no_message_is_too_odd_to_read(
            header: [u8; HEADER],
            message: Vec<u8>,
        ) {
            if let Ok(read) = Header::read(header, Kind::Request) {
                prop_assert!(read.length <= LONGEST);
            }
            let _ = (Asked::decode(&*message), Answered::decode(&*message));
        }
    }
}
