//! The pool of connections: HTTP/1.1 over TCP, or over TLS with ring.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use crate::endpoint::{Endpoints, Scheme};
use crate::settings::BadSettings;

/// An idle connection is closed before the cloud closes it under a request.
const IDLE: Duration = Duration::from_secs(30);

pub(crate) type Connections = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Makes the pool. The system's TLS roots are read only if an endpoint needs them.
pub(crate) fn connections(
    endpoints: &Endpoints,
    connect: Duration,
) -> Result<Connections, BadSettings> {
    let encrypted = [&endpoints.ecs, &endpoints.vpc].iter().any(|e| e.scheme() == Scheme::Https);
    let tls = HttpsConnectorBuilder::new();
    let tls = if encrypted {
        tls.with_provider_and_native_roots(ring::default_provider())
            .map_err(|source| BadSettings::Roots { source })?
    } else {
        tls.with_tls_config(trusting_nobody())
    };
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect));
    let connector = tls.https_or_http().enable_http1().wrap_connector(tcp);
    Ok(legacy::Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE)
        .pool_timer(TokioTimer::new())
        .build(connector))
}

fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}
