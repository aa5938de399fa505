//! ENG-1: what drivers are told of a URL's options, and what is refused.

use std::time::Duration;

use super::{parsed, *};

fn with<T>(query: &str, take: impl FnOnce(&mut UrlOptions<'_>) -> Result<T>) -> Result<T, String> {
    let url = parsed(&format!("postgres://h/d?{query}"));
    let mut options = UrlOptions::new(&url);
    let taken = take(&mut options).map_err(|it| it.to_string())?;
    options.finish("PostgreSQL").map_err(|it| it.to_string())?;
    Ok(taken)
}

#[test]
fn durations_have_units() {
    let take = |query, unit| with(query, |it| it.duration("t", unit));
    for (query, millis) in [
        ("t=5", 5000),
        ("t=5s", 5000),
        ("t=500ms", 500),
        ("t=2min", 120_000),
        ("t=1h", 3_600_000),
        ("t=0", 0),
    ] {
        assert_eq!(take(query, Unit::Seconds), Ok(Some(Duration::from_millis(millis))), "{query}");
    }
    assert_eq!(take("t=5", Unit::Milliseconds), Ok(Some(Duration::from_millis(5))));
    assert_eq!(take("", Unit::Seconds), Ok(None));
    for query in [
        "t=",
        "t=soon",
        "t=-1",
        "t=1.5s",
        "t=5d",
        "t=ms",
        "t=99999999999999999999",
        "t=9999999999999999999h",
    ] {
        let error = take(query, Unit::Seconds).unwrap_err();
        assert!(error.contains("`t` should be a number of seconds, or with a unit"), "{error}");
    }
}

#[test]
fn words_and_numbers() {
    for (query, on) in
        [("b=true", true), ("b=ON", true), ("b=1", true), ("b=no", false), ("b=0", false)]
    {
        assert_eq!(with(query, |it| it.bool("b")), Ok(Some(on)), "{query}");
    }
    let error = with("b=maybe", |it| it.bool("b")).unwrap_err();
    assert!(error.contains("`b` should be one of true, false, on"), "{error}");
    assert_eq!(with("n=16", |it| it.integer("n", 1..=16)), Ok(Some(16)));
    for query in ["n=17", "n=0", "n=-1", "n=x", "n="] {
        let error = with(query, |it| it.integer("n", 1..=16)).unwrap_err();
        assert!(error.contains("a whole number from 1 to 16"), "{error}");
    }
    assert_eq!(
        with("w=Require", |it| it.choice("w", &[("disable", 0), ("require", 1)])),
        Ok(Some(1))
    );
    let error =
        with("w=maybe", |it| it.choice("w", &[("disable", 0), ("require", 1)])).unwrap_err();
    assert!(error.contains("one of disable, require, not `maybe`"), "{error}");
}

#[test]
fn each_option_is_known_and_given_once() {
    let error = with("a=1&a=2", |it| it.text("a").map(drop)).unwrap_err();
    assert!(error.contains("`a` is given twice"), "{error}");
    let error = with("ssl-mode=1&ssl_mode=2", |it| it.text("ssl_mode").map(drop)).unwrap_err();
    assert!(error.contains("`ssl_mode` is given twice"), "{error}");
    assert_eq!(
        with("a=1&b=x&a=2", |it| {
            it.text("b")?;
            Ok(it.texts("a").len())
        }),
        Ok(2)
    );
    let take = |query| {
        with(query, |it| {
            it.text("application_name")?;
            Ok(it.text("sslmode")?.map(str::to_owned))
        })
    };
    assert_eq!(take("sslmode=x"), Ok(Some("x".to_owned())));
    for (query, says) in [
        ("ssl_mode=x", "has no option `ssl_mode`; did you mean `sslmode`?"),
        ("applicationname=x", "did you mean `application_name`?"),
        ("Sslmode=x", "did you mean `sslmode`?"),
        ("pool_size=5", "`pool_size`; that is an option of the engine, `EngineOptions::pool_size`"),
        ("what=5", "PostgreSQL has no option `what`; there are: application_name, sslmode"),
    ] {
        let error = take(query).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    assert!(with("x=1", |_| Ok(())).unwrap_err().ends_with("has no option `x`; it has none"));
    // A second name for the same option.
    let url = parsed("mysql://h/d?ssl-mode=x&sslmode=y");
    let mut options = UrlOptions::new(&url).alias("ssl_mode", "sslmode");
    assert!(options.text("sslmode").unwrap_err().to_string().contains("given twice"));
    let url = parsed("mysql://h/d?unix_socket=%2Frun%2Fx");
    let mut options = UrlOptions::new(&url).alias("unix_socket", "socket");
    assert_eq!(options.text("socket").unwrap(), Some("/run/x"));
}

#[test]
fn hosts_come_from_options_first() {
    let hosts = |text: &str| {
        let url = parsed(text);
        let found = UrlOptions::new(&url).hosts().map_err(|it| it.to_string())?;
        Ok::<_, String>(
            found.into_iter().map(|it| (it.name.unwrap_or_default(), it.port)).collect::<Vec<_>>(),
        )
    };
    for (text, expected) in [
        ("postgres:///d", vec![("", None)]),
        ("postgres://h:1/d", vec![("h", Some(1))]),
        ("postgres:///d?host=/var/run/postgresql", vec![("/var/run/postgresql", None)]),
        ("postgres://h/d?host=/run/a:b&port=7", vec![("/run/a:b", Some(7))]),
        ("postgres:///d?host=a:1,b:2", vec![("a", Some(1)), ("b", Some(2))]),
        ("postgres:///d?host=a&host=::1&port=1,2", vec![("a", Some(1)), ("::1", Some(2))]),
        ("postgres://a:1,b/d?port=9", vec![("a", Some(9)), ("b", Some(9))]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|(a, b)| (a.to_owned(), b)).collect();
        assert_eq!(hosts(text), Ok(expected), "{text}");
    }
    assert!(hosts("postgres://a,b,c/d?port=1,2").unwrap_err().contains("2 ports for 3 hosts"));
    assert!(hosts("postgres://a/d?port=x").unwrap_err().contains("0 to 65535"));
    let url = parsed("postgres:///d?host=/run/x");
    assert_eq!(UrlOptions::new(&url).hosts().unwrap()[0].socket(), Some("/run/x"));
}
