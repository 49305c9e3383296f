//! ECS AttachNetworkInterface: plug an interface into an instance, or a member into a trunk.

use super::{Action, Effect, Product};
use crate::answer::Misfit;
use crate::parameters::Parameters;

/// The request. Repeats by state: an interface is plugged in at one place only,
/// so a second request finds it `Attaching` or `InUse` and is refused with
/// [`Kind::Conflict`](crate::Kind::Conflict). That is not taken as success, since
/// it may be plugged in elsewhere: Describe tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttachNetworkInterface {
    /// The interface.
    pub interface: String,
    /// The instance.
    pub instance: String,
    /// The trunk, for a member.
    pub trunk: Option<String>,
    /// The network card, on instances with several.
    pub network_card: Option<u16>,
}

impl Action for AttachNetworkInterface {
    type Answer = Effect;
    const NAME: &'static str = "AttachNetworkInterface";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("NetworkInterfaceId", &self.interface)
            .with("InstanceId", &self.instance)
            .with_some("TrunkNetworkInstanceId", self.trunk.as_ref())
            .with_some("NetworkCardIndex", self.network_card.as_ref())
    }

    fn answer(&self, body: &[u8]) -> Result<Effect, Misfit> {
        Effect::read(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Kind, Missing};

    fn member() -> AttachNetworkInterface {
        AttachNetworkInterface {
            interface: "eni-1".to_owned(),
            instance: "i-1".to_owned(),
            trunk: Some("eni-9".to_owned()),
            network_card: Some(0),
        }
    }

    #[test]
    fn a_member_names_its_trunk() {
        assert_eq!(
            member().parameters().encoded(),
            "InstanceId=i-1&NetworkCardIndex=0&NetworkInterfaceId=eni-1&TrunkNetworkInstanceId=eni-9"
        );
        let plain = AttachNetworkInterface { trunk: None, network_card: None, ..member() };
        assert_eq!(plain.parameters().encoded(), "InstanceId=i-1&NetworkInterfaceId=eni-1");
    }

    #[test]
    fn no_refusal_is_success() {
        assert_eq!(member().settled(Kind::Conflict), None);
        assert_eq!(member().settled(Kind::NotFound(Missing::Interface)), None);
    }

    #[test]
    fn an_answer_holds_the_id_of_the_request() {
        assert_eq!(member().answer(br#"{"RequestId": "r"}"#).unwrap(), Effect::Accepted);
        assert!(member().answer(b"{}").is_err());
    }
}
