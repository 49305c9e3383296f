//! ECS DescribeNetworkInterfaceAttribute: one interface, with its network card.

use super::{Action, Product};
use crate::answer::{Misfit, parse};
use crate::interface::Interface;
use crate::parameters::Parameters;

/// The request. Repeats by reading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DescribeNetworkInterfaceAttribute {
    /// The interface.
    pub interface: String,
}

impl Action for DescribeNetworkInterfaceAttribute {
    type Answer = Interface;
    const NAME: &'static str = "DescribeNetworkInterfaceAttribute";
    const PRODUCT: Product = Product::Ecs;

    /// Without `Attribute`: that narrows the answer, and addresses are wanted.
    fn parameters(&self) -> Parameters {
        Parameters::default().with("NetworkInterfaceId", &self.interface)
    }

    fn answer(&self, body: &[u8]) -> Result<Interface, Misfit> {
        parse(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_interface_is_asked_for_and_read() {
        let request = DescribeNetworkInterfaceAttribute { interface: "eni-1".to_owned() };
        assert_eq!(request.parameters().encoded(), "NetworkInterfaceId=eni-1");
        let body = r#"{"RequestId": "r", "NetworkInterfaceId": "eni-1", "Status": "InUse",
            "Type": "Secondary", "MacAddress": "00:16:3e:00:00:01", "VSwitchId": "vsw-1",
            "Attachment": {"InstanceId": "i-1", "NetworkCardIndex": 1},
            "PrivateIpSets": {"PrivateIpSet": []}}"#;
        let interface = request.answer(body.as_bytes()).unwrap();
        assert_eq!((interface.instance.as_deref(), interface.network_card), (Some("i-1"), Some(1)));
    }
}
