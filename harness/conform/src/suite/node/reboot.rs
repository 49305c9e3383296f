//! A node that loses power and starts again.

use facts::Fact;
use stage::Order;

use super::NodeHandle;
use crate::suite::Suite;

impl NodeHandle {
    /// Cuts the power and starts the node again, without its agents. Answers what was seen of
    /// it until then; from then on it is watched anew.
    pub(crate) async fn reboot(
        &mut self,
        suite: &Suite,
        order: Order,
    ) -> anyhow::Result<Vec<(String, Fact)>> {
        self.stop_agents(true);
        let is_watched = self.watch.is_some();
        let seen = self.watched().await?;
        self.node.reboot(&suite.lab, order)?;
        if is_watched {
            self.watch = Some(self.begin_watch(suite).await?);
        }
        Ok(seen)
    }
}
