//! Programs that others wrote and that an outsider checks our work with: `openssl`, `python3`, `sha256sum`. Tests that ask them are
//! skipped with a line on standard error where one is missing; with `AFTERCARE_REQUIRE_OUTSIDERS=1` they fail instead.

use std::io::Write as _;
use std::process::Command;
use std::sync::Once;

/// Set to 1 where a missing program is a failure.
const REQUIRE: &str = "AFTERCARE_REQUIRE_OUTSIDERS";

/// The program whose version counts.
pub const OPENSSL: &str = "openssl";

/// The oldest OpenSSL that signs with Ed25519 from a file and stamps as RFC 5816 says.
const OPENSSL_MIN: u32 = 3;

/// Whether all of them are on this machine.
///
/// # Panics
/// When one is missing where it is required.
pub fn outsiders(programs: &[&str]) -> bool {
    let Some(missing) = programs.iter().find_map(|program| lacks(program)) else {
        return true;
    };
    let required = std::env::var(REQUIRE).is_ok_and(|value| value == "1");
    assert!(!required, "{REQUIRE}=1, but {missing}");
    static SAID: Once = Once::new();
    // Not `eprintln!`, which the test harness keeps to itself.
    SAID.call_once(|| {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: tests with the programs of an outsider ({missing}; {REQUIRE}=1 makes this a failure)"
        );
    });
    false
}

/// Why a program cannot be asked, if it cannot.
fn lacks(program: &str) -> Option<String> {
    let how = if program == OPENSSL {
        "version"
    } else {
        "--version"
    };
    let Ok(said) = Command::new(program).arg(how).output() else {
        return Some(format!("there is no {program}"));
    };
    let said = String::from_utf8_lossy(&said.stdout);
    (program == OPENSSL && !new_enough(&said)).then(|| {
        format!(
            "OpenSSL {OPENSSL_MIN} or newer is needed, there is {:?}",
            said.trim()
        )
    })
}

/// Whether what `openssl version` says is OpenSSL, and one that does.
fn new_enough(said: &str) -> bool {
    let version = said.strip_prefix("OpenSSL ").unwrap_or_default();
    let major: String = version.chars().take_while(char::is_ascii_digit).collect();
    major.parse().is_ok_and(|major: u32| major >= OPENSSL_MIN)
}

#[test]
fn later_versions_of_openssl_are_asked_too() {
    for (said, expected) in [
        ("OpenSSL 3.0.17 1 Jul 2025 (Library: OpenSSL 3.0.17)", true),
        ("OpenSSL 4.0.0-beta1 1 Mar 2026", true),
        ("OpenSSL 10.1.0", true),
        ("OpenSSL 1.1.1w  11 Sep 2023", false),
        ("LibreSSL 3.9.2", false),
        ("", false),
    ] {
        assert_eq!(new_enough(said), expected, "{said}");
    }
}
