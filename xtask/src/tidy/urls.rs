//! Addresses in the tree. A test or a build that reaches for the network fails on somebody's machine, so tests may
//! name only loopback and reserved hosts, and everything else only the hosts of this list.

use super::Problem;
use super::tree::{Tree, lines};

/// Hosts that never leave the machine, and names reserved for examples (RFC 2606, RFC 6761).
const RESERVED_HOSTS: [&str; 6] = [
    "127.0.0.1",
    "[::1]",
    "localhost",
    "example.com",
    "example.net",
    "example.org",
];

/// Reserved top-level domains.
const RESERVED_ENDINGS: [&str; 8] = [
    ".example",
    ".invalid",
    ".localhost",
    ".test",
    ".example.com",
    ".example.net",
    ".example.org",
    ".internal",
];

/// Networks reserved for documentation (RFC 5737).
const RESERVED_NETWORKS: [&str; 3] = ["192.0.2.", "198.51.100.", "203.0.113."];

/// Hosts in names of XML namespaces and formats; nothing is fetched from them.
const NAMESPACE_HOSTS: [&str; 9] = [
    "www.w3.org",
    "ns.adobe.com",
    "purl.org",
    "iptc.org",
    "cv.iptc.org",
    "cipa.jp",
    "www.tc260.org.cn",
    "schemas.openxmlformats.org",
    "purl.oclc.org",
];

/// Hosts that documents and comments may point to: standards, laws, licences.
const CITED_HOSTS: [&str; 20] = [
    "c2pa.org",
    "c2sp.org",
    "datatracker.ietf.org",
    "docs.rs",
    "flk.npc.gov.cn",
    "htmx.org",
    "json-schema.org",
    "keepachangelog.com",
    "openapis.org",
    "openstd.samr.gov.cn",
    "scripts.sil.org",
    "semver.org",
    "spdx.org",
    "spec.c2pa.org",
    "spec.openapis.org",
    "www.adobe.com",
    "www.apache.org",
    "www.gov.cn",
    "www.rfc-editor.org",
    "www.sqlite.org",
];

/// Written by tools, with the addresses that they need.
const EXEMPT: [&str; 7] = [
    "Cargo.lock",
    "bench/Cargo.lock",
    "bench/labels/Cargo.lock",
    "bench/ledger/Cargo.lock",
    "bench/region/Cargo.lock",
    "fuzz/Cargo.lock",
    "interop/Cargo.lock",
];

/// No file names a host outside the lists.
pub(crate) fn hosts(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.texts(|path| !EXEMPT.contains(&path) && !path.ends_with(".min.js")) {
        for (number, line) in lines(text) {
            for host in hosts_in(line) {
                let local = is_reserved(host) || NAMESPACE_HOSTS.contains(&host);
                let (allowed, remedy) = if is_test(path) {
                    (
                        local,
                        "A test may not need the network: use 127.0.0.1 or a name under example.com or .test.",
                    )
                } else {
                    (
                        local || CITED_HOSTS.contains(&host),
                        "Leave the address out, or add a standard's or a law's host to xtask/src/tidy/urls.rs.",
                    )
                };
                if !allowed {
                    problems.push(Problem {
                        path: path.to_owned(),
                        line: Some(number),
                        rule: "urls",
                        what: format!("the host `{host}` is named"),
                        remedy,
                    });
                }
            }
        }
    }
    problems
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.starts_with("e2e/")
}

fn is_reserved(host: &str) -> bool {
    let in_network = |network: &str| {
        host.strip_prefix(network)
            .is_some_and(|rest| rest.parse::<u8>().is_ok())
    };
    RESERVED_HOSTS.contains(&host)
        || RESERVED_ENDINGS.iter().any(|ending| host.ends_with(ending))
        || RESERVED_NETWORKS.iter().any(|network| in_network(network))
}

/// The hosts of the addresses in `line`; a host put together at run time (`{host}`) is none.
fn hosts_in(line: &str) -> impl Iterator<Item = &str> {
    ["http://", "https://"].into_iter().flat_map(move |scheme| {
        line.match_indices(scheme).filter_map(move |(start, _)| {
            let rest = &line[start + scheme.len()..];
            let end = if rest.starts_with('[') {
                rest.find(']').map_or(rest.len(), |bracket| bracket + 1)
            } else {
                rest.find(|character: char| {
                    !(character.is_ascii_alphanumeric() || ".-".contains(character))
                })
                .unwrap_or(rest.len())
            };
            // A host that is put together at run time, and a placeholder such as `https://…`.
            let host = rest[..end].trim_end_matches('.');
            (!host.is_empty()).then_some(host)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, line: &str) -> usize {
        hosts(&Tree::of(&[(path, &format!("{line}\n"))])).len()
    }

    #[test]
    fn an_unknown_host_is_found_everywhere() {
        for path in [
            "crates/app/src/a.rs",
            "crates/app/tests/it/a.rs",
            "docs/A.md",
            "e2e/package-lock.json",
        ] {
            assert_eq!(
                count(path, concat!("see https:", "//shop.unknown.cn/a")),
                1,
                "{path}"
            );
        }
        assert_eq!(
            count("Cargo.lock", concat!("https:", "//shop.unknown.cn/a")),
            0
        );
    }

    #[test]
    fn a_test_may_not_name_a_cited_host() {
        assert_eq!(
            count(
                "docs/A.md",
                concat!("https:", "//www.rfc-editor.org/rfc/rfc6962")
            ),
            0
        );
        assert_eq!(
            count(
                "crates/a/tests/it/a.rs",
                concat!("https:", "//www.rfc-editor.org/rfc/rfc6962")
            ),
            1
        );
    }

    #[test]
    fn loopback_reserved_and_composed_hosts_pass() {
        for line in [
            "http://127.0.0.1:8787/a",
            "http://[::1]:80/",
            "https://localhost/",
            "https://aftercare.example/",
            "https://shop.example.com/",
            "https://192.0.2.7:8443/",
            "http://{address}/",
            "http://www.w3.org/2000/svg",
            "https://…",
        ] {
            assert_eq!(count("crates/a/tests/it/a.rs", line), 0, "{line}");
        }
    }

    #[test]
    fn a_host_that_only_begins_like_a_reserved_one_is_found() {
        assert_eq!(
            count("docs/A.md", concat!("http:", "//127.0.0.1.shop.cn/")),
            1
        );
        assert_eq!(count("docs/A.md", concat!("http:", "//notexample.com/")), 1);
        assert_eq!(
            count("docs/A.md", concat!("http:", "//192.0.2.shop.cn/")),
            1
        );
    }
}
