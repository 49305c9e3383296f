//! Expected values: the signature page's own example, and requests whose canonical
//! form was written by hand and signed with another implementation (Python's hmac).

use super::*;
use rstest::rstest;

const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn stamp(date: &str, nonce: &str) -> Stamp {
    Stamp { date: date.parse().unwrap(), nonce: nonce.to_owned() }
}

fn vpc<'a>(method: &'a str, query: &'a str, form: &'a str) -> Unsigned<'a> {
    Unsigned {
        method,
        host: "127.0.0.1:8080",
        action: "DescribeVSwitches",
        version: "2016-04-28",
        query,
        form,
    }
}

fn value<'a>(headers: &'a [(&'static str, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

#[test]
fn the_documented_example_is_reproduced() {
    let request = Unsigned {
        method: "POST",
        host: "ecs.cn-shanghai.aliyuncs.com",
        action: "RunInstances",
        version: "2014-05-26",
        query: "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
        form: "",
    };
    let key = Credentials::new("YourAccessKeyId", "YourAccessKeySecret", None).unwrap();
    let stamp = stamp("2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d");
    let headers = sign(&request, &key, &stamp);
    assert_eq!(
        sha256(canonical(&request, &headers[..6]).as_bytes()),
        "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    );
    let own = |(name, value): (&'static str, &str)| (name, value.to_owned());
    assert_eq!(
        headers,
        [
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-content-sha256", NOTHING),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
            (
                "authorization",
                "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
                 x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
                 Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
            ),
        ]
        .map(own)
    );
}

#[test]
fn the_canonical_form_of_a_form_names_its_media_type() {
    let request = vpc("POST", "", "A=1&B=2");
    let key = Credentials::new("id", "secret", None).unwrap();
    let stamp = stamp("2026-01-02T03:04:05.678Z", "00112233445566778899aabbccddeeff");
    let headers = signed_headers(&request, &key, &stamp);
    assert_eq!(
        canonical(&request, &headers),
        "POST\n/\n\n\
         content-type:application/x-www-form-urlencoded\n\
         host:127.0.0.1:8080\n\
         x-acs-action:DescribeVSwitches\n\
         x-acs-content-sha256:237958b93b7157b114ad696a1ee6af4ca9c9a9bf4d307fa2c79b47dd56665cec\n\
         x-acs-date:2026-01-02T03:04:05Z\n\
         x-acs-signature-nonce:00112233445566778899aabbccddeeff\n\
         x-acs-version:2016-04-28\n\n\
         content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;\
         x-acs-signature-nonce;x-acs-version\n\
         237958b93b7157b114ad696a1ee6af4ca9c9a9bf4d307fa2c79b47dd56665cec"
    );
}

#[rstest]
#[case::odd_characters(
    vpc("GET", "A=a%20b%2Bc%2Ad~e%2Ff&Empty=&Name=%E7%BD%91%E5%8D%A1", ""),
    None,
    "96b5208520a08685c5304fe39a28228583131b590f51690016b1b2bba951912b"
)]
#[case::temporary_key(
    vpc("GET", "", ""),
    Some("CAIS=="),
    "922e2e74db20f64344871da8dadb55e915244d0a8825f5c518bb7171bb664ca2"
)]
#[case::form(
    vpc("POST", "", "A=1&B=2"),
    None,
    "9bde6255f60cca8e9a13e6947d36cace067e1dca31fabe388ad7211fd27b5083"
)]
fn signatures_agree_with_another_implementation(
    #[case] request: Unsigned<'_>,
    #[case] token: Option<&str>,
    #[case] signature: &str,
) {
    let key = Credentials::new("id", "secret", token).unwrap();
    let stamp = stamp("2026-01-02T03:04:05Z", "00112233445566778899aabbccddeeff");
    let headers = sign(&request, &key, &stamp);
    assert_eq!(value(&headers, "x-acs-security-token"), token);
    let authorization = value(&headers, "authorization").unwrap();
    assert!(authorization.ends_with(&format!(",Signature={signature}")), "{authorization}");
}

#[test]
fn another_nonce_makes_another_signature() {
    let key = Credentials::new("id", "secret", None).unwrap();
    let of = |nonce| sign(&vpc("GET", "", ""), &key, &stamp("2026-01-02T03:04:05Z", nonce));
    assert_ne!(of("a").pop(), of("b").pop());
}
