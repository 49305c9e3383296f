//! GC: everything but the valid attachments is taken back.

use model::cni::{Code, Conf, Failure};
use rpc::{Attachment, GcRequest};

use crate::daemon::{self, Patience};

/// Hands the list of valid attachments to the daemon. A configuration without
/// the list is refused: it must not read as "none is valid".
pub(crate) fn gc(conf: &Conf) -> Result<(), Failure> {
    let none = Vec::new();
    let valid = conf.valid_attachments.as_ref();
    let valid = valid.or_else(|| defect::on("gc-without-a-list-takes-all").then_some(&none));
    let valid = valid.ok_or_else(|| {
        Failure::new(
            Code::InvalidConfig,
            "key \"cni.dev/valid-attachments\" holds nothing; GC needs it",
        )
    })?;
    let valid = valid
        .iter()
        .map(|attachment| Attachment {
            container_id: attachment.container.clone(),
            if_name: attachment.ifname.clone(),
        })
        .collect();
    daemon::ask(&conf.socket, Patience::Restart, &GcRequest { valid })
        .map(drop)
        .map_err(|trouble| trouble.failure("collect what belongs to no sandbox"))
}
