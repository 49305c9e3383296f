//! ACS3-HMAC-SHA256, the signature of "Request syntax and signature method V3"
//! (help.aliyun.com, document 2593177), for RPC-style products.
//!
//! Pure: the time and the nonce are arguments. A request that is sent again must
//! be signed again with another nonce, or the cloud takes it for a replay.

use jiff::Timestamp;
use ring::{digest, hmac};

use crate::credentials::Credentials;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The media type of a request that carries its parameters in the body.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A request as it will stand on the wire, before the headers that sign it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unsigned<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The `Host` header: with the port, where it is not the scheme's own.
    pub host: &'a str,
    /// The action.
    pub action: &'a str,
    /// The version of the product's API.
    pub version: &'a str,
    /// Parameters in the query string, in their canonical form.
    pub query: &'a str,
    /// Parameters in the body, of media type [`FORM`]; empty if there is no body.
    pub form: &'a str,
}

/// What makes two signatures of one request differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// When it is sent. The cloud refuses what is older than 15 minutes.
    pub date: Timestamp,
    /// A text that is never used twice.
    pub nonce: String,
}

/// The headers that `request` must carry, `authorization` last. Names are in
/// lower case.
pub fn sign(
    request: &Unsigned<'_>,
    credentials: &Credentials,
    stamp: &Stamp,
) -> Vec<(&'static str, String)> {
    let mut headers = signed_headers(request, credentials, stamp);
    let canonical = canonical(request, &headers);
    let to_sign = format!("{ALGORITHM}\n{}", sha256(canonical.as_bytes()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, credentials.secret());
    let signature = hex::encode(hmac::sign(&key, to_sign.as_bytes()));
    let authorization = format!(
        "{ALGORITHM} Credential={},SignedHeaders={},Signature={signature}",
        credentials.id(),
        names(&headers),
    );
    headers.push(("authorization", authorization));
    headers
}

/// Sorted by name, as the canonical form wants them.
fn signed_headers(
    request: &Unsigned<'_>,
    credentials: &Credentials,
    stamp: &Stamp,
) -> Vec<(&'static str, String)> {
    let form = (!request.form.is_empty()).then(|| FORM.to_owned());
    let headers = [
        ("content-type", form),
        ("host", Some(request.host.to_owned())),
        ("x-acs-action", Some(request.action.to_owned())),
        ("x-acs-content-sha256", Some(sha256(request.form.as_bytes()))),
        ("x-acs-date", Some(stamp.date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())),
        ("x-acs-security-token", credentials.token().map(str::to_owned)),
        ("x-acs-signature-nonce", Some(stamp.nonce.clone())),
        ("x-acs-version", Some(request.version.to_owned())),
    ];
    headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn canonical(request: &Unsigned<'_>, headers: &[(&'static str, String)]) -> String {
    let lines = headers.iter().flat_map(|(name, value)| [*name, ":", value.as_str(), "\n"]);
    let lines = lines.collect::<String>();
    let Unsigned { method, query, form, .. } = request;
    let (names, payload) = (names(headers), sha256(form.as_bytes()));
    format!("{method}\n/\n{query}\n{lines}\n{names}\n{payload}")
}

fn names(headers: &[(&'static str, String)]) -> String {
    headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

#[cfg(test)]
mod tests;
