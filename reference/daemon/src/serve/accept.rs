//! Who connects to the socket: a speaker of ttrpc, such as the plugin, or one of gRPC.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::{MsgFlags, recv};
use rpc::frame::FIRST_BYTE;
use tokio::io::Interest;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::Sender;
use tokio::time::MissedTickBehavior;

use super::ttrpc::{self, Methods};

/// Between two tries to accept while there is a lack of something, such as descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts for as long as the process lives: serves frames of ttrpc with `methods`, and
/// hands every other connection, of which nothing was read, to `grpc`.
pub(super) async fn accept<M: Methods>(
    listener: UnixListener,
    methods: Arc<M>,
    grpc: Sender<UnixStream>,
) {
    let mut pace = tokio::time::interval(PAUSE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(welcome(stream, methods.clone(), grpc.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "accept a connection of a plugin");
                pace.tick().await;
            }
        }
    }
}

async fn welcome<M: Methods>(stream: UnixStream, methods: Arc<M>, grpc: Sender<UnixStream>) {
    let ended = match first_byte(&stream).await {
        Ok(Some(FIRST_BYTE)) => ttrpc::serve(stream, &*methods).await,
        // The server of gRPC lives as long as this process.
        Ok(Some(_)) => grpc.send(stream).await.map_err(io::Error::other),
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        tracing::info!(%error, "a connection of a plugin broke");
    }
}

/// Waits for something to read, and looks at its first byte; none where the other side
/// will say nothing more.
pub(super) async fn first_byte(stream: &UnixStream) -> io::Result<Option<u8>> {
    let mut byte = [0];
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    let look = || Ok(recv(stream.as_raw_fd(), &mut byte, flags)?);
    let there = stream.async_io(Interest::READABLE, look).await?;
    Ok((there > 0).then_some(byte[0]))
}
