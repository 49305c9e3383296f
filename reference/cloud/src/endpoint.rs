//! Where a product's API is reached: the upstream settings `ECS_ENDPOINT` and
//! `VPC_ENDPOINT` (host, host:port or URL) and the scheme beside them.

use std::fmt;

use hyper::Uri;
use thiserror::Error;

use crate::action::Product;

/// Plain or encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// Without TLS, for a simulated cloud.
    Http,
    /// With TLS 1.2 or 1.3 and the system's roots (`SSL_CERT_FILE` and `SSL_CERT_DIR` count).
    Https,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// Scheme, host and port of one product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    scheme: Scheme,
    host: String,
}

/// The text names no endpoint.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("endpoint {text:?} is not host, host:port or an http or https URL without a path")]
pub struct BadEndpoint {
    text: String,
}

impl Endpoint {
    /// Reads `host`, `host:port` or a URL; a URL's own scheme wins over `scheme`.
    pub fn parse(text: &str, scheme: Scheme) -> Result<Self, BadEndpoint> {
        let bad = || BadEndpoint { text: text.to_owned() };
        let url = if text.contains("://") { text.to_owned() } else { format!("{scheme}://{text}") };
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            _ => return Err(bad()),
        };
        let host = uri.authority().ok_or_else(bad)?;
        // What follows the host is a port or nothing; what precedes it, nothing.
        let port = host.port().map_or_else(String::new, |port| format!(":{port}"));
        let plain = host.as_str().strip_prefix(host.host()) == Some(&port);
        let whole = uri.path_and_query().is_none_or(|path| path == "/");
        if !plain || !whole || host.host().is_empty() {
            return Err(bad());
        }
        Ok(Self { scheme, host: host.to_string() })
    }

    /// Plain or encrypted.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host, with the port if one was given: what the `Host` header says.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// The endpoint of each product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoints {
    /// Elastic Compute Service.
    pub ecs: Endpoint,
    /// Virtual Private Cloud.
    pub vpc: Endpoint,
}

impl Endpoints {
    /// The endpoints that a region has inside its VPCs, as its endpoint pages list them.
    pub fn in_vpc(region: &str) -> Result<Self, BadEndpoint> {
        Self::named(&format!("-vpc.{region}.aliyuncs.com"))
    }

    /// The endpoints that a region has in the Internet, as its endpoint pages list them.
    pub fn public(region: &str) -> Result<Self, BadEndpoint> {
        Self::named(&format!(".{region}.aliyuncs.com"))
    }

    /// The endpoint of `product`.
    pub fn of(&self, product: Product) -> &Endpoint {
        match product {
            Product::Ecs => &self.ecs,
            Product::Vpc => &self.vpc,
        }
    }

    fn named(rest: &str) -> Result<Self, BadEndpoint> {
        let of = |product| Endpoint::parse(&format!("{product}{rest}"), Scheme::Https);
        Ok(Self { ecs: of("ecs")?, vpc: of("vpc")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::host("ecs.example.com", Scheme::Https, "ecs.example.com")]
    #[case::port("127.0.0.1:8080", Scheme::Https, "127.0.0.1:8080")]
    #[case::v6("[2001:db8::1]:8080", Scheme::Https, "[2001:db8::1]:8080")]
    #[case::url("http://cloud:8080", Scheme::Http, "cloud:8080")]
    #[case::url_with_slash("https://ecs.example.com/", Scheme::Https, "ecs.example.com")]
    fn host_or_url_is_an_endpoint(#[case] text: &str, #[case] scheme: Scheme, #[case] host: &str) {
        let endpoint = Endpoint::parse(text, Scheme::Https).unwrap();
        assert_eq!((endpoint.scheme(), endpoint.host()), (scheme, host));
    }

    #[rstest]
    #[case::nothing("")]
    #[case::only_port(":8080")]
    #[case::port_left_out("ecs.example.com:")]
    #[case::port_too_big("ecs.example.com:65536")]
    #[case::port_a_word("ecs.example.com:http")]
    #[case::path("http://cloud/api")]
    #[case::query("http://cloud/?a=b")]
    #[case::user("http://me:pw@cloud")]
    #[case::other_scheme("ftp://cloud")]
    #[case::space("ecs example")]
    #[case::header("ecs\r\nX: y")]
    fn anything_else_is_refused(#[case] text: &str) {
        assert!(Endpoint::parse(text, Scheme::Http).is_err(), "{text}");
    }

    #[test]
    fn a_region_has_endpoints_of_its_own() {
        let hosts =
            |all: Endpoints| [Product::Ecs, Product::Vpc].map(|p| all.of(p).host().to_owned());
        assert_eq!(
            hosts(Endpoints::in_vpc("cn-hangzhou").unwrap()),
            ["ecs-vpc.cn-hangzhou.aliyuncs.com", "vpc-vpc.cn-hangzhou.aliyuncs.com"]
        );
        assert_eq!(
            hosts(Endpoints::public("cn-hangzhou").unwrap()),
            ["ecs.cn-hangzhou.aliyuncs.com", "vpc.cn-hangzhou.aliyuncs.com"]
        );
    }
}
