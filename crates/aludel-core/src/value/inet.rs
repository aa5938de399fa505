//! [`Inet`]: an address of a host or a network.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::{Scalar, SqlType, ValueRef};

/// An IP address and how many of its bits name the network.
///
/// ```
/// use aludel_core::value::Inet;
///
/// let network = Inet::parse("10.1.0.0/16").expect("a network");
/// assert_eq!((network.prefix, network.to_string().as_str()), (16, "10.1.0.0/16"));
/// assert_eq!(Inet::parse("::1").expect("a host").to_string(), "::1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inet {
    /// The address.
    pub addr: IpAddr,
    /// The network's bits: at most 32, or 128 for IPv6; for a host, all.
    pub prefix: u8,
}

impl Inet {
    /// A single host.
    pub fn host(addr: impl Into<IpAddr>) -> Self {
        let addr = addr.into();
        Self { addr, prefix: bits(addr) }
    }

    /// Whether all bits count: the address of a host.
    pub fn is_host(self) -> bool {
        self.prefix == bits(self.addr)
    }

    /// Reads `10.1.0.0/16`, `10.1.2.3` and the same of IPv6.
    pub fn parse(text: &str) -> Option<Self> {
        let Some((addr, prefix)) = text.split_once('/') else {
            return text.parse::<IpAddr>().ok().map(Self::host);
        };
        let (addr, digits) = (addr.parse().ok()?, prefix.bytes().all(|it| it.is_ascii_digit()));
        let prefix = prefix.parse().ok().filter(|it| digits && *it <= bits(addr))?;
        Some(Self { addr, prefix })
    }
}

fn bits(addr: IpAddr) -> u8 {
    match addr {
        IpAddr::V4(_) => Ipv4Addr::BITS as u8,
        IpAddr::V6(_) => Ipv6Addr::BITS as u8,
    }
}

/// `10.1.0.0/16`; a host without its `/32` or `/128`.
impl fmt::Display for Inet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.addr.fmt(f)?;
        if self.is_host() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

/// A host; a network is none.
impl Scalar for IpAddr {
    const TYPE: SqlType = SqlType::Inet;

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Inet(Inet::host(*self))
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        Inet::from_ref(value).filter(|it| it.is_host()).map(|it| it.addr)
    }
}

macro_rules! versions {
    ($($addr:ident $version:ident),*) => {$(
        /// A host of this version of the protocol.
        impl Scalar for $addr {
            const TYPE: SqlType = SqlType::Inet;

            fn to_ref(&self) -> ValueRef<'_> {
                ValueRef::Inet(Inet::host(*self))
            }

            fn from_ref(value: ValueRef<'_>) -> Option<Self> {
                match IpAddr::from_ref(value)? {
                    IpAddr::$version(it) => Some(it),
                    _ => None,
                }
            }
        }
    )*};
}

versions!(Ipv4Addr V4, Ipv6Addr V6);

#[cfg(test)]
mod tests {
    use super::Inet;

    #[test]
    fn is_written_as_it_was_read() {
        for text in ["10.1.0.0/16", "0.0.0.0/0", "255.255.255.255", "::", "fe80::1/64", "::/0"] {
            assert_eq!(Inet::parse(text).map(|it| it.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Inet::parse("10.1.2.3/32"), Inet::parse("10.1.2.3"));
        for text in ["", "10.1", "10.1.2.3/33", "::/129", "::/", "10.1.2.3/+8", "x"] {
            assert_eq!(Inet::parse(text), None, "{text}");
        }
    }
}
