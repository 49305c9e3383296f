//! ECS UnassignPrivateIpAddresses: take IPv4 from an interface.

use super::{Action, Effect, Product};
use crate::amount::Ipv4Batch;
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
pub struct UnassignPrivateIpAddresses {
    /// The interface.
    pub interface: String,
    /// What to take; 10 of them at most; never the primary address.
    pub batch: Ipv4Batch,
}

impl Action for UnassignPrivateIpAddresses {
    type Answer = Effect;
    const NAME: &'static str = "UnassignPrivateIpAddresses";
    const PRODUCT: Product = Product::Ecs;

    fn parameters(&self) -> Parameters {
        let own = Parameters::default().with("NetworkInterfaceId", &self.interface);
        match &self.batch {
            Ipv4Batch::Addresses(addresses) => own.with_list("PrivateIpAddress", addresses),
            Ipv4Batch::Prefixes(prefixes) => own.with_list("Ipv4Prefix", prefixes),
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

    fn request(batch: Ipv4Batch) -> UnassignPrivateIpAddresses {
        UnassignPrivateIpAddresses { interface: "eni-1".to_owned(), batch }
    }

    #[test]
    fn addresses_or_prefixes_are_named() {
        let addresses = ["10.0.0.6", "10.0.0.7"].map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(
            request(Ipv4Batch::Addresses(addresses)).parameters().encoded(),
            "NetworkInterfaceId=eni-1&PrivateIpAddress.1=10.0.0.6&PrivateIpAddress.2=10.0.0.7"
        );
        let prefix = "10.0.0.16/28".parse().unwrap();
        assert_eq!(
            request(Ipv4Batch::Prefixes(vec![prefix])).parameters().encoded(),
            "Ipv4Prefix.1=10.0.0.16%2F28&NetworkInterfaceId=eni-1"
        );
    }

    #[test]
    fn what_is_gone_is_taken_away() {
        let of =
            |missing| request(Ipv4Batch::Addresses(Vec::new())).settled(Kind::NotFound(missing));
        let gone = [Missing::Address, Missing::Interface].map(of);
        assert_eq!(gone, [Some(Effect::AlreadySo); 2]);
        assert_eq!([Missing::Instance, Missing::Other].map(of), [None; 2]);
    }
}
