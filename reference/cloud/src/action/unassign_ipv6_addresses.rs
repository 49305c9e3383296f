//! ECS UnassignIpv6Addresses: take IPv6 from an interface.

use super::{Action, Effect, Product};
use crate::amount::Ipv6Batch;
use crate::answer::Misfit;
use crate::error::{Kind, Missing};
use crate::parameters::Parameters;

/// The request. Repeats by state, as long as nobody assigns on the same
/// interface meanwhile: the cloud might give it one of these again.
///
/// A batch is refused with one code whether all or only some of it is not
/// assigned any more, so [`Effect::AlreadySo`] proves nothing about a batch of
/// several: Describe tells what is left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnassignIpv6Addresses {
    /// The interface.
    pub interface: String,
    /// What to take; 10 of them at most.
    pub batch: Ipv6Batch,
}

impl Action for UnassignIpv6Addresses {
    type Answer = Effect;
    const NAME: &'static str = "UnassignIpv6Addresses";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        let own = Parameters::default().with("NetworkInterfaceId", &self.interface);
        match &self.batch {
            Ipv6Batch::Addresses(addresses) => own.with_list("Ipv6Address", addresses),
            Ipv6Batch::Prefixes(prefixes) => own.with_list("Ipv6Prefix", prefixes),
        }
    }

    fn answer(&self, body: &[u8]) -> Result<Effect, Misfit> {
        Effect::read(body)
    }

    /// What is not assigned, or has no interface, is taken away.
    fn settled(&self, refusal: Kind) -> Option<Effect> {
        let gone = matches!(refusal, Kind::NotFound(Missing::Address | Missing::Interface));
        gone.then_some(Effect::AlreadySo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(batch: Ipv6Batch) -> UnassignIpv6Addresses {
        UnassignIpv6Addresses { interface: "eni-1".to_owned(), batch }
    }

    #[test]
    fn addresses_or_prefixes_are_named() {
        let addresses = ["2001:db8::6", "2001:db8::7"].map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(
            request(Ipv6Batch::Addresses(addresses)).parameters().encoded(),
            "Ipv6Address.1=2001%3Adb8%3A%3A6&Ipv6Address.2=2001%3Adb8%3A%3A7&NetworkInterfaceId=eni-1"
        );
        let prefix = "2001:db8::10:0/112".parse().unwrap();
        assert_eq!(
            request(Ipv6Batch::Prefixes(vec![prefix])).parameters().encoded(),
            "Ipv6Prefix.1=2001%3Adb8%3A%3A10%3A0%2F112&NetworkInterfaceId=eni-1"
        );
    }

    #[test]
    fn what_is_gone_is_taken_away() {
        let of =
            |missing| request(Ipv6Batch::Addresses(Vec::new())).settled(Kind::NotFound(missing));
        let gone = [Missing::Address, Missing::Interface].map(of);
        assert_eq!(gone, [Some(Effect::AlreadySo); 2]);
        assert_eq!([Missing::Instance, Missing::Other].map(of), [None; 2]);
    }
}
