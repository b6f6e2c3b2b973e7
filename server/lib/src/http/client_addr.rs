//! Which address a request comes from, seen through the proxies that are trusted.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of whoever sent a request: that of the connection, or what a trusted proxy says of
/// it. Every request carries one as an extension. Personal data: never logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

impl ClientAddr {
    /// Who sent a request with `headers` over a connection from `peer`.
    ///
    /// Each proxy adds the address it was called from at the right. So what stands to the right of
    /// the first hop that is not trusted was written by trusted proxies, and the rest by anybody.
    #[must_use]
    pub fn find(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        let mut client = peer.to_canonical();
        if !trusted.contains(client) {
            return Self(client);
        }
        for hop in hops(headers).into_iter().rev() {
            // A hop without an address hides what is left of it.
            let Some(hop) = hop else { break };
            client = hop;
            if !trusted.contains(client) {
                break;
            }
        }
        Self(client)
    }

    /// The address under which limits count: IPv6 by its /64, which one line has for itself.
    #[must_use]
    pub fn counted(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(v6) => {
                let network = v6.to_bits() & (u128::MAX << 64);
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
        }
    }
}

/// The proxies whose word about a request's origin is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Those in `networks`.
    #[must_use]
    pub fn new(networks: impl IntoIterator<Item = ProxyNetwork>) -> Self {
        Self(networks.into_iter().map(|network| network.0).collect())
    }

    /// Whether `addr` is one of them.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        let addr = addr.to_canonical();
        self.0.iter().any(|network| network.contains(&addr))
    }
}

/// An address, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyNetwork(IpNet);

impl FromStr for ProxyNetwork {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
        text.parse().ok().or_else(address).map(Self).ok_or_else(|| {
            "give addresses or networks, separated by commas, such as 10.0.0.0/8,192.0.2.7"
                .to_owned()
        })
    }
}

/// The hops in the headers from left to right; `None` where a hop names no address.
///
/// A proxy writes one of the two headers and may hand on the other as the client made it up. So
/// where both are there and differ, neither is believed.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let by_x = listed(headers, &X_FORWARDED_FOR, |hop| Some(hop));
    let by_standard = listed(headers, &header::FORWARDED, for_parameter);
    match (by_x.is_empty(), by_standard.is_empty()) {
        (false, true) => by_x,
        (true, _) => by_standard,
        (false, false) if by_x == by_standard => by_x,
        (false, false) => Vec::new(),
    }
}

fn listed(
    headers: &HeaderMap,
    name: &HeaderName,
    node: impl Fn(&str) -> Option<&str>,
) -> Vec<Option<IpAddr>> {
    // Hop by hop: what a client wrote must not make unreadable what a proxy adds to the same line.
    let hops = headers.get_all(name).iter().flat_map(|line| line.as_bytes().split(|b| *b == b','));
    hops.map(|hop| address(node(std::str::from_utf8(hop).ok()?.trim())?)).collect()
}

/// The node in one element of `Forwarded` (RFC 7239).
fn for_parameter(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

/// An address as proxies write it: bare, in brackets, with or without a port.
fn address(node: &str) -> Option<IpAddr> {
    let bare = node.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(node);
    let addr = bare.parse::<IpAddr>().ok();
    addr.or_else(|| node.parse::<SocketAddr>().ok().map(|addr| addr.ip()))
        .map(|addr| addr.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn trusted() -> TrustedProxies {
        TrustedProxies::new(["10.0.0.0/8", "192.0.2.7"].map(|text| text.parse().expect("valid")))
    }

    fn seen(peer: &str, pairs: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let value = HeaderValue::from_str(value).expect("a value");
            headers.append(HeaderName::from_static(name), value);
        }
        let peer = peer.parse().expect("an address");
        ClientAddr::find(peer, &headers, &trusted()).0.to_string()
    }

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        let claim = [("x-forwarded-for", "198.51.100.1")];
        assert_eq!(seen("203.0.113.9", &claim), "203.0.113.9");
        assert_eq!(seen("10.1.2.3", &claim), "198.51.100.1");
        assert_eq!(seen("::ffff:10.1.2.3", &claim), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn the_rightmost_hop_that_is_not_trusted_counts() {
        let chain = "6.6.6.6, 198.51.100.1, 192.0.2.7, 10.9.9.9";
        assert_eq!(seen("10.1.2.3", &[("x-forwarded-for", chain)]), "198.51.100.1");
        let two_lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(seen("10.1.2.3", &two_lines), "198.51.100.1");
    }

    #[test]
    fn reads_the_standard_header_too() {
        for (header, expected) in [
            ("for=198.51.100.1;proto=https", "198.51.100.1"),
            ("by=10.0.0.1; For=\"198.51.100.1:4711\"", "198.51.100.1"),
            ("for=6.6.6.6, for=\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("for=6.6.6.6, for=_hidden", "10.1.2.3"),
            ("for=6.6.6.6, for=unknown, for=10.7.7.7", "10.7.7.7"),
        ] {
            assert_eq!(seen("10.1.2.3", &[("forwarded", header)]), expected, "{header}");
        }
    }

    #[test]
    fn two_headers_that_differ_are_not_believed() {
        let both = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=6.6.6.6")];
        assert_eq!(seen("10.1.2.3", &both), "10.1.2.3");
        let alike = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")];
        assert_eq!(seen("10.1.2.3", &alike), "198.51.100.1");
    }

    #[test]
    fn limits_count_ipv6_by_network() {
        let counted = |text: &str| ClientAddr(text.parse().expect("an address")).counted();
        assert_eq!(counted("2001:db8:1:2:3::4"), counted("2001:db8:1:2:ffff::"));
        assert_ne!(counted("2001:db8:1:2::"), counted("2001:db8:1:3::"));
        assert_ne!(counted("198.51.100.1"), counted("198.51.100.2"));
    }

    #[test]
    fn a_setting_that_names_no_network_says_what_to_give() {
        let refused = "proxy.example".parse::<ProxyNetwork>().expect_err("no address");
        assert!(refused.contains("10.0.0.0/8"), "{refused}");
    }
}
