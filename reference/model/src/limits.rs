//! Network limits of an instance type, as `DescribeInstanceTypes` answers them.
//!
//! The answer is the only source of a node's limits (CAP-6); this module turns
//! it into numbers that cannot be negative, and names the field that is odd.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The fields of one `InstanceType` of the cloud's answer, as they came.
///
/// `None` means that the answer does not hold the field, which is never zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RawLimits {
    /// `EniQuantity`: interfaces of the instance, the primary one included.
    pub eni_quantity: Option<i64>,
    /// `EniPrivateIpAddressQuantity`: IPv4 addresses an interface, the primary one included.
    pub eni_private_ip_address_quantity: Option<i64>,
    /// `EniIpv6AddressQuantity`: IPv6 addresses an interface.
    pub eni_ipv6_address_quantity: Option<i64>,
    /// `EniTotalQuantity`: interfaces with the members of a trunk.
    pub eni_total_quantity: Option<i64>,
    /// `EniTrunkSupported`: whether a trunk interface can be plugged in.
    pub eni_trunk_supported: Option<bool>,
}

/// The limits of an instance type, checked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InstanceLimits {
    /// For example `ecs.g7.4xlarge`.
    pub instance_type: String,
    /// Interfaces, the primary one included.
    pub enis: u32,
    /// IPv4 addresses an interface.
    pub ipv4_per_eni: u32,
    /// IPv6 addresses an interface, where the cloud says.
    pub ipv6_per_eni: Option<u32>,
    /// Interfaces with trunk members, where the cloud says.
    pub total_enis: Option<u32>,
    /// Whether a trunk interface can be plugged in, where the cloud says.
    pub trunk: Option<bool>,
}

/// Why an answer of the cloud gives no limits.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BadLimits {
    /// A field that the calculation needs is not in the answer.
    #[error("instance type {instance_type}: the cloud's answer holds no {field}")]
    Absent {
        /// The type asked for.
        instance_type: String,
        /// The missing field, as the cloud spells it.
        field: &'static str,
    },
    /// A count is negative or larger than 32 bits hold.
    #[error("instance type {instance_type}: {field} is {value}, which is no count")]
    NotACount {
        /// The type asked for.
        instance_type: String,
        /// The odd field, as the cloud spells it.
        field: &'static str,
        /// What it holds.
        value: i64,
    },
}

impl InstanceLimits {
    /// Checks the answer for `instance_type`.
    ///
    /// `EniQuantity` and `EniPrivateIpAddressQuantity` must be there; every
    /// count that is there must fit 32 bits without a sign.
    pub fn parse(instance_type: &str, raw: &RawLimits) -> Result<Self, BadLimits> {
        let count = |field, value: Option<i64>| match value {
            None => Ok(None),
            Some(value) => u32::try_from(value).map(Some).map_err(|_| BadLimits::NotACount {
                instance_type: instance_type.to_owned(),
                field,
                value,
            }),
        };
        let needed = |field, value| {
            count(field, value)?
                .ok_or_else(|| BadLimits::Absent { instance_type: instance_type.to_owned(), field })
        };
        Ok(Self {
            instance_type: instance_type.to_owned(),
            enis: needed("EniQuantity", raw.eni_quantity)?,
            ipv4_per_eni: needed(
                "EniPrivateIpAddressQuantity",
                raw.eni_private_ip_address_quantity,
            )?,
            ipv6_per_eni: count("EniIpv6AddressQuantity", raw.eni_ipv6_address_quantity)?,
            total_enis: count("EniTotalQuantity", raw.eni_total_quantity)?,
            trunk: raw.eni_trunk_supported,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> RawLimits {
        RawLimits {
            eni_quantity: Some(8),
            eni_private_ip_address_quantity: Some(30),
            ..RawLimits::default()
        }
    }

    #[test]
    fn absent_optional_fields_stay_absent() {
        let limits = InstanceLimits::parse("ecs.g7.4xlarge", &raw()).unwrap();
        assert_eq!((limits.enis, limits.ipv4_per_eni), (8, 30));
        assert_eq!((limits.ipv6_per_eni, limits.total_enis, limits.trunk), (None, None, None));
    }

    #[test]
    fn an_absent_needed_field_is_named() {
        let error = InstanceLimits::parse("t", &RawLimits { eni_quantity: None, ..raw() });
        assert_eq!(
            error.unwrap_err().to_string(),
            "instance type t: the cloud's answer holds no EniQuantity"
        );
    }

    #[test]
    fn a_negative_count_is_named() {
        let odd = RawLimits { eni_ipv6_address_quantity: Some(-1), ..raw() };
        assert_eq!(
            InstanceLimits::parse("t", &odd).unwrap_err().to_string(),
            "instance type t: EniIpv6AddressQuantity is -1, which is no count"
        );
    }
}
