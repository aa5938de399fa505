//! ENG-1: what URLs are understood, and that no text breaks the parser.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

mod options;

fn parsed(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn refused(text: &str) -> String {
    Url::parse(text).unwrap_err().to_string()
}

#[test]
fn sqlite_forms() {
    for (text, database) in [
        ("sqlite::memory:", ":memory:"),
        ("sqlite://:memory:", ":memory:"),
        ("sqlite:path.db", "path.db"),
        ("SQLITE:path.db", "path.db"),
        ("sqlite:dir/path.db?mode=ro", "dir/path.db"),
        ("sqlite:/abs/path.db", "/abs/path.db"),
        ("sqlite:///abs/path.db", "/abs/path.db"),
        ("sqlite://rel/path.db", "rel/path.db"),
        ("sqlite:C:/path.db", "C:/path.db"),
        ("sqlite:a%20b%3F.db", "a b?.db"),
        ("sqlite:user@host:x.db", "user@host:x.db"),
        ("sqlite:naïve.db", "naïve.db"),
    ] {
        let url = parsed(text);
        assert_eq!((url.scheme(), url.database()), ("sqlite", Some(database)), "{text}");
        assert_eq!(url.host(), None);
        assert_eq!(parsed(&url.to_string()), url, "{url} reads back");
    }
}

#[test]
fn server_forms() {
    // ENG-1: percent-decoding, IPv6 hosts, repeated keys
    let url = parsed("postgres://us%40er:p%2Fa:s%25s@[fe80::1]:5433/my%20db?a=1&a=2&b=x%26y");
    assert_eq!(url.user(), Some("us@er"));
    assert_eq!(url.password(), Some("p/a:s%s"));
    assert_eq!(url.host(), Some("fe80::1"));
    assert_eq!(url.port(), Some(5433));
    assert_eq!(url.database(), Some("my db"));
    assert_eq!(url.option_values("a").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(url.option("a"), Some("2"));
    assert_eq!(url.option("b"), Some("x&y"));
    assert_eq!(url.option("c"), None);

    let url = parsed("mysql://localhost");
    assert_eq!((url.user(), url.password(), url.port()), (None, None, None));
    assert_eq!((url.host(), url.database()), (Some("localhost"), None));
    assert_eq!(parsed("postgres:///db").host(), None);
    // A raw `@` in a password is understood: the last one ends it.
    assert_eq!(parsed("postgres://u:a@b@h/db").password(), Some("a@b"));
}

#[test]
fn hosts_and_sockets() {
    // ENG-1
    for (text, hosts) in [
        ("postgres:///db", vec![]),
        ("postgres://h1:1,h2,[::1]:3/db", vec![("h1", Some(1)), ("h2", None), ("::1", Some(3))]),
        ("postgresql://u@%2Fvar%2Frun:5/db", vec![("/var/run", Some(5))]),
        ("postgres://%2Fcloudsql%2Fa%3Ab%2Cc/db", vec![("/cloudsql/a:b,c", None)]),
    ] {
        let url = parsed(text);
        let found: Vec<_> =
            url.hosts().iter().map(|it| (it.name.as_deref().unwrap(), it.port)).collect();
        assert_eq!(found, hosts, "{text}");
        assert_eq!(parsed(&url.to_string()), url, "{url} reads back");
    }
    let port_only = parsed("postgres://:5433/db");
    assert_eq!((port_only.host(), port_only.port()), (None, Some(5433)));
    assert_eq!(parsed("mariadb://root@localhost/test").scheme(), "mariadb");
}

#[test]
fn passwords_are_masked() {
    // ENG-1: password masked when printed
    let url = parsed("postgres://scott:tiger@host/db?sslpassword=tiger&x=1");
    assert_eq!(url.to_string(), "postgres://scott:***@host/db?sslpassword=***&x=1");
    assert_eq!(format!("{url:?}"), format!("Url({url})"));
    for broken in [
        "postgres://scott:tiger@host:port/db",
        "postgres://scott:ti/tiger@host:1x/db",
        "postgres://scott:ti?tiger@host:1x/db",
        "postgres://scott:%zztiger@host/db",
        "postgres://scott:tiger@[::1/db",
        "postgres://host:x/db?password=tiger",
        "post gres://scott:tiger@host/db",
    ] {
        let message = refused(broken);
        assert!(!message.contains("tiger"), "{message}");
    }
    assert!(!url.error("no").to_string().contains("tiger"));
}

#[test]
fn refusals_say_what_is_right() {
    for (text, says) in [
        ("", "driver's name and a colon"),
        ("file.db", "driver's name and a colon"),
        (":memory:", "before the first colon"),
        ("/abs/file:x", "before the first colon"),
        ("sqlite:", "names no file"),
        ("sqlite://", "names no file"),
        ("sqlite:x.db?mode", "write `mode=value`"),
        ("sqlite:x%2.db", "two hexadecimal digits"),
        ("sqlite:x%ff.db", "not UTF-8"),
        ("sqlite:x%00.db", "NUL"),
        ("sqlite:x\0.db", "NUL"),
        ("postgres:host/db", "`//` should follow"),
        ("postgres://::1/db", "should stand in `[]`"),
        ("postgres://h1,,h2/db", "one of the hosts is empty"),
        ("postgres://h1,h2:x/db", "0 to 65535"),
        ("postgres://[x]/db", "not an IPv6 address"),
        ("postgres://[::1]x/db", "only `:port`"),
        ("postgres://host:99999/db", "0 to 65535"),
        ("postgres://host:+1/db", "0 to 65535"),
        ("postgres://host:/db", "0 to 65535"),
    ] {
        let message = refused(text);
        assert!(message.contains(says), "{text}: {message}");
    }
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "\\PC*") {
        let _ = Url::parse(&text);
    }

    #[test]
    fn what_looks_like_a_url_never_panics(
        text in "(sqlite|postgres|x):/{0,3}[a-z0-9:@%\\[\\]/?&=.é\u{0}]{0,40}"
    ) {
        if let Ok(url) = Url::parse(&text) {
            prop_assert!(Url::parse(&url.to_string()).is_ok(), "{}", url);
        }
    }

    #[test]
    fn a_password_never_shows(password in "[A-Z0-9:%&=]{6,20}", tail in "[a-z:/?=@\\[\\]]{0,20}") {
        let text = format!("postgres://u:{password}@{tail}");
        let shown = match Url::parse(&text) {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        };
        prop_assert!(!shown.contains(&password), "{}", shown);
    }
}
