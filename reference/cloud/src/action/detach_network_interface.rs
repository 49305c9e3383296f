//! ECS DetachNetworkInterface: unplug an interface from an instance, or a member from a trunk.

use super::{Action, Effect, Product};
use crate::answer::Misfit;
use crate::error::{Kind, Missing};
use crate::parameters::Parameters;

/// The request. Repeats by state: it names the instance, so it cannot unplug an
/// interface that is plugged in elsewhere by now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DetachNetworkInterface {
    /// The interface.
    pub interface: String,
    /// The instance.
    pub instance: String,
    /// The trunk, for a member.
    pub trunk: Option<String>,
}

impl Action for DetachNetworkInterface {
    type Answer = Effect;
    const NAME: &'static str = "DetachNetworkInterface";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("NetworkInterfaceId", &self.interface)
            .with("InstanceId", &self.instance)
            .with_some("TrunkNetworkInstanceId", self.trunk.as_ref())
    }

    fn answer(&self, body: &[u8]) -> Result<Effect, Misfit> {
        Effect::read(body)
    }

    /// Without the interface or the instance there is nothing to unplug.
    fn settled(&self, refusal: Kind) -> Option<Effect> {
        let gone = matches!(refusal, Kind::NotFound(Missing::Interface | Missing::Instance));
        gone.then_some(Effect::AlreadySo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> DetachNetworkInterface {
        DetachNetworkInterface {
            interface: "eni-1".to_owned(),
            instance: "i-1".to_owned(),
            trunk: Some("eni-9".to_owned()),
        }
    }

    #[test]
    fn a_member_names_its_trunk() {
        assert_eq!(
            member().parameters().encoded(),
            "InstanceId=i-1&NetworkInterfaceId=eni-1&TrunkNetworkInstanceId=eni-9"
        );
    }

    #[test]
    fn what_is_gone_is_unplugged() {
        let of = |missing| member().settled(Kind::NotFound(missing));
        let gone = [Missing::Interface, Missing::Instance].map(of);
        assert_eq!(gone, [Some(Effect::AlreadySo); 2]);
        assert_eq!([Missing::Address, Missing::Other].map(of), [None; 2]);
        assert_eq!(member().settled(Kind::Conflict), None);
    }
}
