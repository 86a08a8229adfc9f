//! Where deliveries may go: addresses that anybody could reach, and none that only this machine or its network can.
//!
//! An address is looked at twice: its text when it is registered, and every address that its name stands for when the
//! connection is made, to just the address that was looked at, so that a name cannot mean something else in between.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// The longest address, in characters.
pub const LONGEST: usize = 2000;

/// What is not reachable from everywhere (IANA's special-purpose registry for IPv4, with multicast and what is
/// reserved).
const NOT_PUBLIC_V4: &[(Ipv4Addr, u8)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];
/// What is given out of IPv6; the rest is link-local, unique local, mapped, translated or not in use.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// What of it is not reachable from everywhere, or leads into IPv4 (protocol assignments with Teredo, documentation,
/// 6to4).
const NOT_PUBLIC_V6: &[(Ipv6Addr, u8)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address can be reached from everywhere.
pub fn is_public(address: IpAddr) -> bool {
    let v4 = |(net, length): &(Ipv4Addr, u8)| Ipv4Net::new_assert(*net, *length);
    let v6 = |(net, length): &(Ipv6Addr, u8)| Ipv6Net::new_assert(*net, *length);
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|net| v4(net).contains(&address)),
        // One that holds an IPv4 address is none that a receiver would have.
        IpAddr::V6(address) => {
            v6(&GLOBAL_V6).contains(&address) && !NOT_PUBLIC_V6.iter().any(|net| v6(net).contains(&address))
        }
    }
}

/// Whether something may be sent to an address; to this machine's own only where that is wanted.
pub fn is_allowed(address: IpAddr, loopback: bool) -> bool {
    is_public(address) || (loopback && address.is_loopback())
}

/// The destination that a text names, if something may be sent there as far as the text says: `https`, or `http` to
/// this machine where that is wanted; no user name in it; no address that is not public, however it is spelled.
pub fn destination(text: &str, loopback: bool) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST)?;
    let (allowed, own) = match url.host()? {
        Host::Ipv4(address) => (is_allowed(address.into(), loopback), address.is_loopback()),
        Host::Ipv6(address) => (is_allowed(address.into(), loopback), address.is_loopback()),
        // What else a name stands for is seen when the connection is made.
        Host::Domain(name) => (loopback || !is_localhost(name), is_localhost(name)),
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && own);
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (allowed && scheme && plain).then_some(url)
}

/// `localhost` and the names below it are this machine's own (RFC 6761).
fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public() {
        for text in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4860:4860::8888",
            "2620:fe::fe",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn texts_that_name_no_destination() {
        for text in [
            "",
            "x",
            "ftp://a.example/",
            "http://a.example/",
            "https://",
            "https://user@a.example/",
            "https://user:pass@a.example/",
            "https://a.example/#part",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.0.0.1./",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[0:0:0:0:0:ffff:10.0.0.1]/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://１２７.0.0.1/",
            "https://127。0。0。1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://0xa9fea9fe/",
            "https://[fd00:ec2::254]/",
            "https://0/",
            "https://10.1/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://a b.example/",
        ] {
            assert!(destination(text, false).is_none(), "{text}");
        }
        assert!(destination(&format!("https://a.example/{}", "x".repeat(LONGEST)), false).is_none());
        for text in
            ["https://a.example", "https://a.example:8443/hook?x=1", "https://1.1.1.1/", "https://[2606:4700::1111]/"]
        {
            assert!(destination(text, false).is_some(), "{text}");
        }
        for text in ["http://127.0.0.1:9/", "http://localhost:9/x", "https://[::1]/", "http://127.8.9.1/"] {
            assert!(destination(text, true).is_some(), "{text}");
            assert!(destination(text, false).is_none(), "{text}");
        }
        assert!(destination("http://a.example/", true).is_none() && destination("https://10.0.0.1/", true).is_none());
    }
}
