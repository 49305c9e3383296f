//! ECS DeleteNetworkInterface: delete an interface that is plugged in nowhere.

use super::{Action, Effect, Product};
use crate::answer::Misfit;
use crate::error::{Kind, Missing};
use crate::parameters::Parameters;

/// The request. Repeats by state: the cloud never gives an id twice.
///
/// An interface that was made a moment ago may not be found yet, and
/// [`Effect::AlreadySo`] is wrong then: whoever deletes what it has just made
/// asks Describe some time later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeleteNetworkInterface {
    /// The interface.
    pub interface: String,
}

impl Action for DeleteNetworkInterface {
    type Answer = Effect;
    const NAME: &'static str = "DeleteNetworkInterface";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        Parameters::default().with("NetworkInterfaceId", &self.interface)
    }

    fn answer(&self, body: &[u8]) -> Result<Effect, Misfit> {
        Effect::read(body)
    }

    fn settled(&self, refusal: Kind) -> Option<Effect> {
        (refusal == Kind::NotFound(Missing::Interface)).then_some(Effect::AlreadySo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_deleted_and_what_is_plugged_in_is_not() {
        let request = DeleteNetworkInterface { interface: "eni-1".to_owned() };
        assert_eq!(request.parameters().encoded(), "NetworkInterfaceId=eni-1");
        let gone = request.settled(Kind::NotFound(Missing::Interface));
        assert_eq!(gone, Some(Effect::AlreadySo));
        assert_eq!(request.settled(Kind::NotFound(Missing::Instance)), None);
        assert_eq!(request.settled(Kind::Conflict), None);
    }
}
