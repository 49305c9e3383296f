//! STATUS: whether an ADD could be served. A pool that is empty for the moment
//! is no reason to say no: runtimes poll STATUS, and a full node stays Ready.

use model::cni::{Code, Conf, Failure};
use rpc::StatusRequest;

use crate::daemon::{self, Patience, Trouble};

/// Succeeds when the daemon serves; 50 when it does not, 51 when running pods
/// may suffer, too.
pub(crate) fn status(conf: &Conf) -> Result<(), Failure> {
    let answer = daemon::ask(&conf.socket, Patience::None, &StatusRequest {});
    let no = |why: String| Failure::new(Code::NotAvailable, "no pod can be added").because(why);
    match answer {
        Ok(_) if defect::on("status-always-refuses") => Err(no("it is said so".to_owned())),
        Ok(reply) if reply.why.is_empty() => Ok(()),
        _ if defect::on("status-is-always-fine") => Ok(()),
        Ok(reply) if reply.pods_suffer => {
            Err(Failure::new(Code::LimitedConnectivity, "no pod can be added and some may suffer")
                .because(reply.why))
        }
        Ok(reply) => Err(no(reply.why)),
        Err(Trouble::Away(why)) => Err(no(why)),
        Err(Trouble::Refused(refusal)) => Err(no(refusal.message)),
    }
}
