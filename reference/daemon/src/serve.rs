//! The daemon's socket: both services of the protocol, one file a call.

mod accept;
mod alloc;
mod check;
mod gc;
mod info;
mod mapping;
mod release;
mod status;
mod ttrpc;

use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use kube::runtime::events::EventType;
use model::{Attachment, PodRef};
use rpc::terway_backend_server::{TerwayBackend, TerwayBackendServer};
use rpc::terway_node_server::{TerwayNode, TerwayNodeServer};
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::agent::{Agent, millis};
use crate::events::Message;
use crate::metrics::Rpc;

pub(crate) use release::take_back;

/// Serves until the process ends. Only root may connect.
pub(crate) async fn serve(agent: Arc<Agent>) -> anyhow::Result<()> {
    let listener = listen(&agent.flags.socket)?;
    answer(listener, Service(agent)).await.context("serve the plugin")
}

/// Serves `methods` in both protocols.
async fn answer<M: ttrpc::Methods>(
    listener: UnixListener,
    methods: M,
) -> Result<(), tonic::transport::Error> {
    let methods = Arc::new(methods);
    let (sender, grpc) = mpsc::channel(1);
    let server = tonic::transport::Server::builder()
        .add_service(TerwayBackendServer::from_arc(methods.clone()))
        .add_service(TerwayNodeServer::from_arc(methods.clone()))
        .serve_with_incoming(ReceiverStream::new(grpc).map(io::Result::Ok));
    tokio::select! {
        ended = server => ended,
        () = accept::accept(listener, methods, sender) => Ok(()),
    }
}

/// Makes a socket at `path` that only root may use, in place of one that a
/// daemon before left.
pub(crate) fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("remove old socket {}", path.display()));
        }
        _ => {}
    }
    let listener =
        UnixListener::bind(path).with_context(|| format!("listen on socket {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("restrict socket {}", path.display()))?;
    Ok(listener)
}

struct Service(Arc<Agent>);

impl Service {
    /// Measures a call and counts how it ended.
    async fn measured<T>(
        &self,
        rpc_api: &'static str,
        call: impl Future<Output = Result<T, Status>>,
    ) -> Result<Response<T>, Status> {
        let start = Instant::now();
        let result = call.await;
        let label = Rpc { rpc_api, error: result.is_err() };
        let elapsed = start.elapsed();
        self.0.metrics.rpc.get_or_create(&label).observe(elapsed.as_secs_f64() * 1e3);
        if let Err(status) = &result {
            let ms = millis(elapsed);
            tracing::info!(rpc_api, ms, code = ?status.code(), "{}", status.message());
        }
        result.map(Response::new)
    }
}

#[tonic::async_trait]
impl TerwayBackend for Service {
    async fn alloc_ip(
        &self,
        request: Request<rpc::AllocIpRequest>,
    ) -> Result<Response<rpc::AllocIpReply>, Status> {
        let request = request.into_inner();
        if defect::on("given-up-add-goes-on") {
            let agent = self.0.clone();
            let work = tokio::spawn(async move { alloc::alloc(&agent, request).await });
            return work.await.expect("an allocation does not panic").map(Response::new);
        }
        self.measured("AllocIP", alloc::alloc(&self.0, request)).await
    }

    async fn release_ip(
        &self,
        request: Request<rpc::ReleaseIpRequest>,
    ) -> Result<Response<rpc::ReleaseIpReply>, Status> {
        self.measured("ReleaseIP", release::release(&self.0, request.into_inner())).await
    }

    async fn get_ip_info(
        &self,
        request: Request<rpc::GetInfoRequest>,
    ) -> Result<Response<rpc::GetInfoReply>, Status> {
        self.measured("GetIPInfo", async { info::info(&self.0, &request.into_inner()) }).await
    }

    async fn record_event(
        &self,
        request: Request<rpc::EventRequest>,
    ) -> Result<Response<rpc::EventReply>, Status> {
        self.measured("RecordEvent", record(&self.0, request.into_inner())).await
    }
}

#[tonic::async_trait]
impl TerwayNode for Service {
    async fn check(
        &self,
        request: Request<rpc::CheckRequest>,
    ) -> Result<Response<rpc::CheckReply>, Status> {
        self.measured("Check", check::check(&self.0, request.into_inner())).await
    }

    async fn gc(&self, request: Request<rpc::GcRequest>) -> Result<Response<rpc::GcReply>, Status> {
        self.measured("Gc", gc::gc(&self.0, request.into_inner())).await
    }

    async fn status(
        &self,
        _: Request<rpc::StatusRequest>,
    ) -> Result<Response<rpc::StatusReply>, Status> {
        self.measured("Status", async { Ok(status::status(&self.0)) }).await
    }

    async fn mapping(
        &self,
        _: Request<rpc::MappingRequest>,
    ) -> Result<Response<rpc::MappingReply>, Status> {
        self.measured("Mapping", mapping::mapping(&self.0)).await
    }
}

async fn record(agent: &Agent, request: rpc::EventRequest) -> Result<rpc::EventReply, Status> {
    let kind = match request.event_type() {
        rpc::EventType::Normal => EventType::Normal,
        rpc::EventType::Warning => EventType::Warning,
    };
    let message = Message { kind, reason: &request.reason, note: request.message.clone() };
    match request.event_target() {
        rpc::EventTarget::Node => agent.events.on_node(message).await,
        rpc::EventTarget::Pod => {
            let pod = PodRef {
                namespace: request.k8s_pod_namespace.clone(),
                name: request.k8s_pod_name.clone(),
                uid: String::new(),
            };
            agent.events.on_pod(&pod, message).await;
        }
    }
    Ok(rpc::EventReply { succeed: true, error: String::new() })
}

/// Checks the sandbox of a request; an upstream plugin names no interface and means `eth0`.
fn attachment(container: String, ifname: String) -> Result<Attachment, Status> {
    if container.is_empty() {
        return Err(Status::invalid_argument("K8sPodInfraContainerId is empty"));
    }
    let ifname = if ifname.is_empty() { "eth0".to_owned() } else { ifname };
    Ok(Attachment { container, ifname })
}

#[cfg(test)]
mod tests;
