//! `list`, `show` and `mapping`: what the daemon holds.

use std::path::Path;

use anyhow::{Context, bail};
use rpc::terway_node_client::TerwayNodeClient;
use rpc::{MappedAddress, MappedInterface, MappingReply, MappingRequest};
use tonic::transport::Endpoint;

use crate::Socket;
use crate::print;

/// Arguments of `list`.
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    /// List addresses instead of interfaces.
    #[arg(long)]
    addresses: bool,
    #[command(flatten)]
    socket: Socket,
}

/// Arguments of `show`.
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// An interface's name, an address, or a pod as NAMESPACE/NAME.
    what: String,
    #[command(flatten)]
    socket: Socket,
}

/// Arguments of `mapping`.
#[derive(clap::Args)]
pub(crate) struct MappingArgs {
    #[command(flatten)]
    socket: Socket,
}

/// Lists interfaces or addresses.
pub(crate) fn list(args: &ListArgs) -> anyhow::Result<bool> {
    let reply = ask(&args.socket.socket)?;
    let mut rows = if args.addresses {
        vec![["ADDRESS", "STATE", "POD", "SANDBOX", "INTERFACE"].map(str::to_owned).to_vec()]
    } else {
        vec![
            ["INTERFACE", "DEVICE", "TABLE", "MAC", "OPEN", "ADDRESSES"]
                .map(str::to_owned)
                .to_vec(),
        ]
    };
    for eni in &reply.interfaces {
        if args.addresses {
            rows.extend(eni.addresses.iter().map(|address| address_row(address, eni)));
        } else {
            rows.push(interface_row(eni));
        }
    }
    print::table(&rows);
    Ok(true)
}

/// Shows whatever is called so; ends with 1 if nothing is.
pub(crate) fn show(args: &ShowArgs) -> anyhow::Result<bool> {
    let reply = ask(&args.socket.socket)?;
    let mut found = false;
    for eni in &reply.interfaces {
        let whole = eni.id == args.what || eni.device == args.what;
        for address in &eni.addresses {
            if whole || address.address == args.what || address.pod == args.what {
                found = true;
                print::line(&address_row(address, eni).join("  "));
            }
        }
    }
    if !found {
        print::complain(&format!("the daemon holds nothing that is called {:?}", args.what));
    }
    Ok(found)
}

/// Prints every mismatch between daemon and kernel.
pub(crate) fn mapping(args: &MappingArgs) -> anyhow::Result<bool> {
    let reply = ask(&args.socket.socket)?;
    for mismatch in &reply.mismatches {
        print::line(&format!("mismatch: {mismatch}"));
    }
    let addresses: usize = reply.interfaces.iter().map(|eni| eni.addresses.len()).sum();
    let interfaces = reply.interfaces.len();
    if reply.mismatches.is_empty() {
        print::line(&format!(
            "node {}: {interfaces} interfaces and {addresses} addresses, as the kernel has them",
            reply.node
        ));
    }
    Ok(reply.mismatches.is_empty())
}

fn interface_row(eni: &MappedInterface) -> Vec<String> {
    let device = if eni.device.is_empty() { "missing" } else { &eni.device };
    vec![
        eni.id.clone(),
        device.to_owned(),
        eni.table.to_string(),
        eni.mac.clone(),
        eni.open.to_string(),
        eni.addresses.len().to_string(),
    ]
}

fn address_row(address: &MappedAddress, eni: &MappedInterface) -> Vec<String> {
    vec![
        address.address.clone(),
        address.state.clone(),
        address.pod.clone(),
        address.container_id.clone(),
        eni.id.clone(),
    ]
}

/// Asks the daemon what it holds.
pub(crate) fn ask(socket: &Path) -> anyhow::Result<MappingReply> {
    let path = socket.display();
    if !socket.exists() {
        bail!("no daemon at {path}: is terwayd running?");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start a runtime")?;
    runtime.block_on(async {
        let endpoint = Endpoint::try_from(format!("unix:{path}"))?;
        let channel = endpoint.connect().await.with_context(|| format!("connect to {path}"))?;
        let reply = TerwayNodeClient::new(channel).mapping(MappingRequest {}).await;
        Ok(reply.context("ask the daemon for its mapping")?.into_inner())
    })
}
