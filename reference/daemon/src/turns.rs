//! One at a time for each sandbox: an ADD, a DEL and a repair of the same one
//! never overlap.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use model::Attachment;
use tokio::sync::Notify;

/// Who is being served.
#[derive(Default)]
pub(crate) struct Turns {
    busy: Mutex<BTreeSet<Attachment>>,
    free: Notify,
}

/// The right to work on one sandbox; given back when dropped.
pub(crate) struct Turn {
    turns: Arc<Turns>,
    attachment: Attachment,
}

impl Turns {
    /// Waits until nobody works on `attachment`.
    pub(crate) async fn take(self: &Arc<Self>, attachment: &Attachment) -> Turn {
        loop {
            let free = self.free.notified();
            if self.busy.lock().expect("no holder panics").insert(attachment.clone()) {
                return Turn { turns: self.clone(), attachment: attachment.clone() };
            }
            free.await;
        }
    }
}

impl Turn {
    /// The sandbox whose turn it is.
    pub(crate) fn attachment(&self) -> &Attachment {
        &self.attachment
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.busy.lock().expect("no holder panics").remove(&self.attachment);
        self.turns.free.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_one_waits_for_the_first_and_others_do_not() {
        let turns = Arc::new(Turns::default());
        let of = |container: &str| Attachment {
            container: container.to_owned(),
            ifname: "eth0".to_owned(),
        };
        let first = turns.take(&of("c1")).await;
        let _other = turns.take(&of("c2")).await;
        let target = of("c1");
        let mut second = Box::pin(turns.take(&target));
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        let _second = second.await;
    }
}
