//! Which method answers which question.

use prost::Message;

use crate::{
    AllocIpReply, AllocIpRequest, CheckReply, CheckRequest, EventReply, EventRequest, GcReply,
    GcRequest, GetInfoReply, GetInfoRequest, MappingReply, MappingRequest, ReleaseIpReply,
    ReleaseIpRequest, StatusReply, StatusRequest,
};

/// A question with the method that answers it.
pub trait Question: Message + Default {
    /// What the method gives.
    type Answer: Message + Default;
    /// The service with its package.
    const SERVICE: &'static str;
    /// The method.
    const METHOD: &'static str;
}

macro_rules! questions {
    ($($service:literal $method:literal $question:ident $answer:ident)*) => {
        $(impl Question for $question {
            type Answer = $answer;
            const SERVICE: &'static str = $service;
            const METHOD: &'static str = $method;
        })*
    };
}

questions! {
    "rpc.TerwayBackend" "AllocIP" AllocIpRequest AllocIpReply
    "rpc.TerwayBackend" "ReleaseIP" ReleaseIpRequest ReleaseIpReply
    "rpc.TerwayBackend" "GetIPInfo" GetInfoRequest GetInfoReply
    "rpc.TerwayBackend" "RecordEvent" EventRequest EventReply
    "rpc.TerwayNode" "Check" CheckRequest CheckReply
    "rpc.TerwayNode" "Gc" GcRequest GcReply
    "rpc.TerwayNode" "Status" StatusRequest StatusReply
    "rpc.TerwayNode" "Mapping" MappingRequest MappingReply
}
