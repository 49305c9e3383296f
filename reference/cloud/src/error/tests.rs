use super::*;
use rstest::rstest;

fn refused(status: u16, code: &str) -> Error {
    let body =
        format!(r#"{{"RequestId": "R-1", "HostId": "ecs", "Code": "{code}", "Message": "m"}}"#);
    Error::refusal("AttachNetworkInterface", status, body.as_bytes())
}

#[rstest]
#[case(403, "InvalidVSwitchId.IpNotEnough", Kind::VSwitchExhausted)]
#[case(400, "QuotaExceeded.PrivateIpAddress", Kind::VSwitchExhausted)]
#[case(403, "InvalidVSwitchId.IpPrefixNotEnough", Kind::VSwitchExhausted)]
#[case(403, "EniPerInstanceLimitExceeded", Kind::EniQuota)]
#[case(403, "MaxEniCountExceeded", Kind::EniQuota)]
#[case(403, "SecurityGroupInstanceLimitExceed", Kind::EniQuota)]
#[case(403, "InvalidOperation.Ipv4CountExceeded", Kind::AddressQuota)]
#[case(403, "InvalidOperation.Ipv6CountExceeded", Kind::AddressQuota)]
#[case(404, "InvalidEniId.NotFound", Kind::NotFound(Missing::Interface))]
#[case(404, "InvalidEcsId.NotFound", Kind::NotFound(Missing::Instance))]
#[case(403, "InvalidIp.IpUnassigned", Kind::NotFound(Missing::Address))]
#[case(404, "InvalidVSwitchId.NotFound", Kind::NotFound(Missing::Other))]
#[case(400, "InvalidOperation.InvalidEniState", Kind::Conflict)]
#[case(400, "IncorrectInstanceStatus", Kind::Conflict)]
#[case(403, "IncorrectInstanceStatus.Initializing", Kind::Conflict)]
#[case(409, "Operation.Conflict", Kind::Conflict)]
#[case(403, "Forbidden.RAM", Kind::Forbidden)]
#[case(403, "Forbbiden.SubUser", Kind::Forbidden)]
#[case(404, "InvalidAccessKeyId.NotFound", Kind::Forbidden)]
#[case(400, "SignatureDoesNotMatch", Kind::Forbidden)]
#[case(400, "IdempotentFailed", Kind::TokenSpent)]
#[case(400, "IdempotentParameterMismatch", Kind::TokenSpent)]
#[case(400, "Throttling", Kind::Throttled)]
#[case(400, "Throttling.User", Kind::Throttled)]
#[case(400, "Throttling.Api", Kind::Throttled)]
#[case(429, "SomethingNew", Kind::Throttled)]
#[case(503, "ServiceUnavailable", Kind::Throttled)]
#[case(500, "InternalError", Kind::Transient)]
#[case(502, "SomethingNew", Kind::Transient)]
#[case(400, "SomethingNew", Kind::Other)]
#[case(400, "InvalidParameter", Kind::Other)]
fn a_code_is_classified(#[case] status: u16, #[case] code: &str, #[case] kind: Kind) {
    let error = refused(status, code);
    assert_eq!((error.kind(), error.code()), (kind, code));
    let throttled = matches!(error, Error::Throttled { .. });
    assert_eq!(throttled, kind == Kind::Throttled, "{error:?}");
}

#[test]
fn a_refusal_tells_action_code_words_and_request() {
    assert_eq!(
        refused(400, "InvalidOperation.InvalidEniState").to_string(),
        "AttachNetworkInterface: InvalidOperation.InvalidEniState (400): m [request R-1]"
    );
}

#[rstest]
#[case::page(
    502,
    b"<html>\n<h1>Bad Gateway</h1>",
    "HTTP 502",
    "<html> <h1>Bad Gateway</h1>",
    Kind::Transient
)]
#[case::nothing(503, b"", "HTTP 503", "", Kind::Transient)]
#[case::no_code(404, br#"{"Message": "x"}"#, "HTTP 404", r#"{"Message": "x"}"#, Kind::Other)]
#[case::number(400, br#"{"Code": 1011}"#, "HTTP 400", r#"{"Code": 1011}"#, Kind::Other)]
#[case::too_many(429, b"slow down", "HTTP 429", "slow down", Kind::Throttled)]
#[case::bytes(400, b"\xff\x00", "HTTP 400", "\u{fffd} ", Kind::Other)]
fn an_answer_of_another_form_is_known_by_its_status(
    #[case] status: u16,
    #[case] body: &[u8],
    #[case] code: &str,
    #[case] message: &str,
    #[case] kind: Kind,
) {
    let error = Error::refusal("AttachNetworkInterface", status, body);
    assert_eq!((error.code(), error.kind()), (code, kind));
    let (Error::Refused { refusal, .. } | Error::Throttled { refusal, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!((refusal.message.as_str(), refusal.request_id), (message, None));
}

#[test]
fn a_long_page_is_cut() {
    let error = Error::refusal("AttachNetworkInterface", 502, "é".repeat(9999).as_bytes());
    assert_eq!(error.to_string().matches('é').count(), EXCERPT);
}

#[test]
fn only_what_passes_is_tried_again() {
    let kinds = [Kind::Throttled, Kind::Transient, Kind::Conflict, Kind::TokenSpent, Kind::Other];
    assert_eq!(kinds.map(Kind::passes), [true, true, false, false, false]);
    let timeout = Error::Timeout { action: "DescribeVSwitches", after: Duration::from_secs(20) };
    assert_eq!((timeout.kind(), timeout.code()), (Kind::Transient, "Timeout"));
}

#[test]
fn no_code_stands_twice_in_the_table() {
    let codes: std::collections::BTreeSet<_> = EXACT.iter().map(|(code, _)| code).collect();
    assert_eq!(codes.len(), EXACT.len());
}
