//! DEL: the daemon takes everything back. Without a daemon the plugin removes
//! what it finds in the kernel and leaves a note for the daemon, so that DEL
//! succeeds and nothing is forgotten.

use kernel::pair;
use model::cni::{Code, Conf, Failure};
use model::{Attachment, PodRef};
use plan::name;
use rpc::ReleaseIpRequest;

use crate::add::chain;
use crate::daemon::{self, Patience, Trouble};
use crate::queue;

/// Detaches `attachment`. What is gone already is fine.
pub(crate) fn del(attachment: &Attachment, pod: &PodRef, conf: &Conf) -> Result<(), Failure> {
    let request = ReleaseIpRequest {
        k8s_pod_name: pod.name.clone(),
        k8s_pod_namespace: pod.namespace.clone(),
        k8s_pod_infra_container_id: attachment.container.clone(),
        if_name: attachment.ifname.clone(),
        reason: "DEL".to_owned(),
        ..ReleaseIpRequest::default()
    };
    defect::point("cni.del.begun");
    match daemon::ask(&conf.socket, Patience::None, &request) {
        Ok(_) => {
            defect::point("cni.del.taken-back");
            Ok(())
        }
        Err(Trouble::Away(_)) if !defect::on("del-needs-the-agent") => alone(attachment, conf),
        Err(trouble) => {
            Err(trouble.failure(format!("give back the addresses of sandbox {attachment}")))
        }
    }
}

fn alone(attachment: &Attachment, conf: &Conf) -> Result<(), Failure> {
    queue::leave(&conf.releases, attachment).map_err(|error| {
        let folder = conf.releases.display();
        Failure::new(Code::Io, format!("leave the release of {attachment} in {folder}"))
            .because(error)
    })?;
    defect::point("cni.del.noted");
    pair::detach_unknown(name::host_link(attachment), pair::in_a_thread)
        .map_err(|error| vec![error])
        .and_then(|leaving| leaving.gone().map(drop))
        .map_err(|errors| kernel_failure(attachment, &errors))
}

fn kernel_failure(attachment: &Attachment, errors: &[kernel::KernelError]) -> Failure {
    let causes: Vec<_> = errors.iter().map(chain).collect();
    Failure::new(Code::Kernel, format!("take down the links of sandbox {attachment}"))
        .because(causes.join("; "))
}
