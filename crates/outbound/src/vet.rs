//! Which addresses may be spoken to: those of the public Internet, and the networks that the operator named.
//!
//! Somebody who may enter an address (a webhook) could otherwise make the server speak to itself, to its neighbors or
//! to the metadata service of its cloud (server-side request forgery). The registries of special-purpose addresses
//! (RFC 6890 and what was registered since) say which blocks are not globally reachable.

use crate::limits::NETWORKS_MAX;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Blocks of IPv4 that are not spoken to, with their first address, the bits that count, and what they are.
const REFUSED_V4: [(Ipv4Addr, u8, &str); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "this network (RFC 791)"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private (RFC 1918)"),
    // Also the metadata service of Alibaba Cloud, 100.100.100.200.
    (
        Ipv4Addr::new(100, 64, 0, 0),
        10,
        "shared by providers (RFC 6598)",
    ),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "this machine (RFC 1122)"),
    // The metadata services of most clouds, 169.254.169.254.
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local (RFC 3927)"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private (RFC 1918)"),
    (
        Ipv4Addr::new(192, 0, 0, 0),
        24,
        "protocol assignments (RFC 6890)",
    ),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation (RFC 5737)"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relays (RFC 7526)"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private (RFC 1918)"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarks (RFC 2544)"),
    (
        Ipv4Addr::new(198, 51, 100, 0),
        24,
        "documentation (RFC 5737)",
    ),
    (
        Ipv4Addr::new(203, 0, 113, 0),
        24,
        "documentation (RFC 5737)",
    ),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast (RFC 5771)"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved (RFC 1112)"),
    (Ipv4Addr::new(255, 255, 255, 255), 32, "broadcast (RFC 919)"),
    // A public address that Azure answers on inside of every virtual machine.
    (Ipv4Addr::new(168, 63, 129, 16), 32, "metadata of a cloud"),
];

/// Blocks inside of 2000::/3 that are not spoken to; outside of it nothing is, but for what is translated to IPv4.
const REFUSED_V6: [(Ipv6Addr, u8, &str); 4] = [
    // Also Teredo, 2001::/32, which carries an IPv4 address.
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        "protocol assignments (RFC 2928)",
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        "documentation (RFC 3849)",
    ),
    (
        Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0),
        16,
        "6to4 (RFC 3056)",
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        "documentation (RFC 9637)",
    ),
];
/// Where unicast addresses of the Internet are (RFC 4291).
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// The well-known prefix that translates to IPv4 (NAT64, RFC 6052).
const NAT64: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// A block of addresses, such as `10.0.0.0/8` or `fd00::/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// A text that is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” 不是网段，请写成 10.0.0.0/8、192.168.1.7 或 fd00::/8 的样子。 / “{0}” is not a network: write it as 10.0.0.0/8, 192.168.1.7 or fd00::/8."
)]
pub struct NotANetwork(String);

fn same_block_v4(a: Ipv4Addr, b: Ipv4Addr, bits: u8) -> bool {
    let shift = 32 - u32::from(bits.min(32));
    a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
}

fn same_block_v6(a: Ipv6Addr, b: Ipv6Addr, bits: u8) -> bool {
    let shift = 128 - u32::from(bits.min(128));
    a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
}

impl Network {
    /// Whether the address is one of the block's. An IPv4 address written as IPv6 is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => same_block_v4(first, address, self.bits),
            (IpAddr::V6(first), IpAddr::V6(address)) => same_block_v6(first, address, self.bits),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.chars().take(60).collect());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => {
                let digits = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
                let bits = digits.then(|| bits.parse::<u8>().ok()).flatten();
                (address, Some(bits.ok_or_else(wrong)?))
            }
            None => (text, None),
        };
        let first: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let all = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        if bits > all || first.to_canonical() != first {
            return Err(wrong());
        }
        Ok(Self { first, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

/// Reads the networks of a setting, with commas or blanks between them.
///
/// # Errors
/// The first that is not one, or more than [`NETWORKS_MAX`].
pub fn networks(text: &str) -> Result<Vec<Network>, NotANetwork> {
    let found = text
        .split([',', ' ', '\n', '\t'])
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect::<Result<Vec<Network>, _>>()?;
    if found.len() > NETWORKS_MAX {
        return Err(NotANetwork(format!("> {NETWORKS_MAX}")));
    }
    Ok(found)
}

/// Why an address is not one of the public Internet; `None` when it is.
#[must_use]
pub fn not_public(address: IpAddr) -> Option<&'static str> {
    match address.to_canonical() {
        IpAddr::V4(address) => REFUSED_V4
            .iter()
            .find(|(first, bits, _)| same_block_v4(*first, address, *bits))
            .map(|(.., why)| *why),
        IpAddr::V6(address) => not_public_v6(address),
    }
}

fn not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    if same_block_v6(NAT64.0, address, NAT64.1) {
        let [.., a, b, c, d] = address.octets();
        return not_public(IpAddr::V4(Ipv4Addr::new(a, b, c, d)));
    }
    if !same_block_v6(GLOBAL_V6.0, address, GLOBAL_V6.1) {
        return Some("not a global unicast address (RFC 4291)");
    }
    REFUSED_V6
        .iter()
        .find(|(first, bits, _)| same_block_v6(*first, address, *bits))
        .map(|(.., why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: &str) -> bool {
        not_public(text.parse().expect("an address")).is_some()
    }

    #[test]
    fn what_is_not_the_internet_is_refused_however_it_is_written() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::808:808",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(refused(address), "{address}");
        }
    }

    #[test]
    fn the_internet_may_be_spoken_to() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "168.63.129.17",
            "172.15.255.255",
            "172.32.0.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2400:3200::1",
            "2606:4700::1111",
        ] {
            assert!(!refused(address), "{address}");
        }
    }

    #[test]
    fn networks_are_read_and_nonsense_is_named() {
        let read = networks("127.0.0.0/8, ::1 192.168.1.7/32,fd00::/8").expect("networks");
        let [loopback, loopback6, one, unique] = read[..] else {
            panic!("four networks");
        };
        assert!(loopback.contains("127.9.9.9".parse().expect("address")));
        assert!(loopback.contains("::ffff:127.0.0.1".parse().expect("address")));
        assert!(!loopback.contains("128.0.0.1".parse().expect("address")));
        assert!(loopback6.contains("::1".parse().expect("address")));
        assert!(!loopback6.contains("127.0.0.1".parse().expect("address")));
        assert!(!one.contains("192.168.1.8".parse().expect("address")));
        assert!(unique.contains("fdff::1".parse().expect("address")));
        assert_eq!(networks("").expect("none"), Vec::new());
        for wrong in [
            "10/8",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "home",
            "::ffff:10.0.0.0/104",
        ] {
            let error = networks(wrong).expect_err(wrong);
            assert!(error.to_string().contains(wrong), "{error}");
        }
        assert!(networks(&"10.0.0.0/8,".repeat(NETWORKS_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_judged_the_same_in_every_dress(bits: u32) {
            let plain = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = plain.octets();
            let low = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
            let mapped = plain.to_ipv6_mapped();
            let translated = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, low[0], low[1]);
            let verdict = not_public(IpAddr::V4(plain));
            prop_assert_eq!(not_public(IpAddr::V6(mapped)), verdict);
            prop_assert_eq!(not_public(IpAddr::V6(translated)), verdict);
            // Tunnels and the old form without a prefix are refused whatever they carry.
            for carrier in [
                plain.to_ipv6_compatible(),
                Ipv6Addr::new(0x2002, low[0], low[1], 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, low[0], low[1], 0, 0, 0, 1),
            ] {
                prop_assert!(not_public(IpAddr::V6(carrier)).is_some());
            }
        }

        #[test]
        fn the_standard_library_calls_nothing_private_that_we_speak_to(bits: u32, wide: u128) {
            let v4 = Ipv4Addr::from_bits(bits);
            if not_public(IpAddr::V4(v4)).is_none() {
                prop_assert!(!v4.is_private() && !v4.is_loopback() && !v4.is_link_local());
                prop_assert!(!v4.is_multicast() && !v4.is_broadcast() && !v4.is_documentation());
                prop_assert!(!v4.is_unspecified());
            }
            let v6 = Ipv6Addr::from_bits(wide);
            if not_public(IpAddr::V6(v6)).is_none() {
                prop_assert!(!v6.is_loopback() && !v6.is_multicast() && !v6.is_unspecified());
                prop_assert!(!v6.is_unique_local() && !v6.is_unicast_link_local());
            }
        }

        #[test]
        fn a_network_has_its_own_addresses_and_reads_as_it_is_written(bits: u32, prefix in 0_u8..=32, host: u32) {
            let network: Network = format!("{}/{prefix}", Ipv4Addr::from_bits(bits)).parse().expect("network");
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            let inside = IpAddr::V4(Ipv4Addr::from_bits((bits & mask) | (host & !mask)));
            prop_assert!(network.contains(inside));
            prop_assert_eq!(network.to_string().parse::<Network>(), Ok(network));
        }
    }
}
