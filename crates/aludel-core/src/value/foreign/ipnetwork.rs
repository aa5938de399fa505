//! `ipnetwork`'s networks.

use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};

use crate::value::{Element, Inet, Scalar, SqlType, ValueRef};

macro_rules! networks {
    ($($network:ident: $from:expr;)*) => {$(
        impl Scalar for $network {
            const TYPE: SqlType = SqlType::Inet;

            fn to_ref(&self) -> ValueRef<'_> {
                ValueRef::Inet(Inet { addr: self.ip().into(), prefix: self.prefix() })
            }

            fn from_ref(value: ValueRef<'_>) -> Option<Self> {
                let it = Inet::from_ref(value)?;
                IpNetwork::new(it.addr, it.prefix).ok().and_then($from)
            }
        }

        impl Element for $network {}
    )*};
}

networks! {
    IpNetwork: Some;
    Ipv4Network: |it| match it {
        IpNetwork::V4(it) => Some(it),
        IpNetwork::V6(_) => None,
    };
    Ipv6Network: |it| match it {
        IpNetwork::V6(it) => Some(it),
        IpNetwork::V4(_) => None,
    };
}
