//! [`UrlOptions`]: the options of a URL, taken one by one, and none left over.

use std::{ops::RangeInclusive, str::FromStr, time::Duration};

use super::{Host, Url, host};
use crate::Result;

/// Takes the options of a URL one by one, each with its type, and refuses what is left over.
///
/// A driver asks for every option that it knows and calls [`finish`](Self::finish) at the end: an
/// option that nobody asked for is refused by its name, with the nearest one that is known. An
/// option that is given twice is refused when it is asked for. Hyphens and underscores in names
/// are the same (`ssl-mode`, `ssl_mode`).
///
/// # Example
/// ```
/// use std::time::Duration;
/// use aludel_engine::{Unit, Url, UrlOptions};
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// enum Tls { Off, On }
///
/// let url = Url::parse("postgres://h1,h2:5433/db?connect_timeout=5&sslmode=disable&options=x")?;
/// let mut options = UrlOptions::new(&url);
/// let hosts = options.hosts()?;
/// assert_eq!((hosts[1].name.as_deref(), hosts[1].port), (Some("h2"), Some(5433)));
/// let timeout = options.duration("connect_timeout", Unit::Seconds)?;
/// assert_eq!(timeout, Some(Duration::from_secs(5)));
/// let tls = options.choice("sslmode", &[("disable", Tls::Off), ("require", Tls::On)])?;
/// assert_eq!(tls, Some(Tls::Off));
/// assert_eq!(options.texts("options"), ["x"]);
/// options.finish("PostgreSQL")?;
///
/// let url = Url::parse("postgres://host/db?sslmod=disable")?;
/// let mut options = UrlOptions::new(&url);
/// options.text("sslmode")?;
/// let error = options.finish("PostgreSQL").unwrap_err().to_string();
/// assert!(error.contains("PostgreSQL has no option `sslmod`; did you mean `sslmode`?"), "{error}");
/// # Ok::<(), aludel_engine::Error>(())
/// ```
#[derive(Debug)]
pub struct UrlOptions<'u> {
    url: &'u Url,
    /// What nobody asked for yet.
    left: Vec<(&'u str, &'u str)>,
    known: Vec<&'static str>,
    aliases: Vec<(&'static str, &'static str)>,
}

/// What a bare number means where an option is a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `5` is 5 milliseconds.
    Milliseconds,
    /// `5` is 5 seconds.
    Seconds,
}

/// What people look for in the URL, and is set on the engine.
const OF_THE_ENGINE: [&str; 12] = [
    "pool_size",
    "max_overflow",
    "checkout_timeout",
    "recycle",
    "idle_timeout",
    "pre_ping",
    "reset_on_return",
    "lifo",
    "statement_cache",
    "prepared_statements",
    "lock_timeout",
    "statement_timeout",
];

impl<'u> UrlOptions<'u> {
    /// All options of this URL.
    pub fn new(url: &'u Url) -> Self {
        let left = url.options().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Self { url, left: left.collect(), known: Vec::new(), aliases: Vec::new() }
    }

    /// Lets an option have a second name. To be said before the option is asked for.
    #[must_use]
    pub fn alias(mut self, alias: &'static str, name: &'static str) -> Self {
        self.aliases.push((alias, name));
        self
    }

    /// A text, as it is (percent-decoded).
    ///
    /// # Errors
    /// It is given twice.
    pub fn text(&mut self, name: &'static str) -> Result<Option<&'u str>> {
        match *self.texts(name) {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(self.url.error(format!("the option `{name}` is given twice"))),
        }
    }

    /// All texts of an option that may be repeated, in order.
    pub fn texts(&mut self, name: &'static str) -> Vec<&'u str> {
        self.known.push(name);
        let aliases = &self.aliases;
        let is = |given: &str| {
            let alias = |(alias, of): &(&str, &str)| *of == name && same(alias, given);
            same(given, name) || aliases.iter().any(alias)
        };
        let mut values = Vec::new();
        self.left.retain(|(given, value)| {
            let taken = is(given);
            if taken {
                values.push(*value);
            }
            !taken
        });
        values
    }

    /// Yes (`true`, `on`, `yes`, `1`) or no (`false`, `off`, `no`, `0`).
    ///
    /// # Errors
    /// It is something else, or given twice.
    pub fn bool(&mut self, name: &'static str) -> Result<Option<bool>> {
        let words = [
            ("true", true),
            ("false", false),
            ("on", true),
            ("off", false),
            ("yes", true),
            ("no", false),
            ("1", true),
            ("0", false),
        ];
        self.choice(name, &words)
    }

    /// A whole number in this range.
    ///
    /// # Errors
    /// It is something else, or given twice.
    pub fn integer(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match u64::from_str(text).ok().filter(|it| range.contains(it)) {
            Some(number) => Ok(Some(number)),
            None => Err(self.url.error(format!(
                "`{name}` should be a whole number from {} to {}, not `{text}`",
                range.start(),
                range.end(),
            ))),
        }
    }

    /// A span of time: a whole number with its unit (`500ms`, `5s`, `2min`, `1h`), or a bare number
    /// in the unit that is usual for this option.
    ///
    /// # Errors
    /// It is something else, or given twice.
    pub fn duration(&mut self, name: &'static str, bare: Unit) -> Result<Option<Duration>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match parse_duration(text, bare) {
            Some(duration) => Ok(Some(duration)),
            None => {
                let unit = match bare {
                    Unit::Milliseconds => "milliseconds",
                    Unit::Seconds => "seconds",
                };
                Err(self.url.error(format!(
                    "`{name}` should be a number of {unit}, or with a unit as in `500ms`, `5s`, \
                     `2min` or `1h`, not `{text}`"
                )))
            }
        }
    }

    /// One of these words; capitals don't matter.
    ///
    /// # Errors
    /// It is something else, or given twice.
    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                Err(self
                    .url
                    .error(format!("`{name}` should be one of {}, not `{text}`", words.join(", "))))
            }
        }
    }

    /// Where to connect, in order, at least one: what the options `host` and `port` say (repeated, or
    /// between commas), otherwise what stands in front of the database's name. Where neither names
    /// a host, there is one entry without a name.
    ///
    /// One `port` is for all hosts; with several there is one for each.
    ///
    /// # Errors
    /// A host or port can't be understood, or the numbers of hosts and ports differ.
    pub fn hosts(&mut self) -> Result<Vec<Host>> {
        let error = |reason| self.url.error(reason);
        let list = |texts: Vec<&'u str>| texts.into_iter().flat_map(|it| it.split(','));
        let names = self.texts("host");
        let ports = self.texts("port");
        let named: Result<Vec<_>, _> = list(names).map(host::parse_option).collect();
        let ports: Result<Vec<_>, _> = list(ports).map(host::parse_port).collect();
        let (named, ports) = (named.map_err(error)?, ports.map_err(error)?);
        let mut hosts = if named.is_empty() { self.url.hosts().to_vec() } else { named };
        if hosts.is_empty() {
            hosts.push(Host::default());
        }
        match ports[..] {
            [] => {}
            [port] => hosts.iter_mut().for_each(|it| it.port = Some(port)),
            _ if ports.len() == hosts.len() => {
                hosts.iter_mut().zip(ports).for_each(|(host, port)| host.port = Some(port));
            }
            _ => {
                let (ports, hosts) = (ports.len(), hosts.len());
                return Err(error(format!("there are {ports} ports for {hosts} hosts")));
            }
        }
        Ok(hosts)
    }

    /// Refuses what nobody asked for; `database` is whose options these are, for the message.
    ///
    /// # Errors
    /// The first option that isn't known, and the nearest that is.
    pub fn finish(mut self, database: &str) -> Result<()> {
        let Some((unknown, _)) = self.left.first() else { return Ok(()) };
        let spelled = unknown.to_ascii_lowercase().replace('-', "_");
        self.known.sort_unstable();
        let advice = if let Some(near) = nearest(&spelled, &self.known) {
            format!("did you mean `{near}`?")
        } else if let Some(of_engine) = OF_THE_ENGINE.iter().find(|it| **it == spelled) {
            format!("that is an option of the engine, `EngineOptions::{of_engine}`")
        } else if self.known.is_empty() {
            "it has none".to_owned()
        } else {
            format!("there are: {}", self.known.join(", "))
        };
        Err(self.url.error(format!("{database} has no option `{unknown}`; {advice}")))
    }
}

fn same(a: &str, b: &str) -> bool {
    let spelled = |it: u8| if it == b'-' { b'_' } else { it };
    a.len() == b.len() && a.bytes().map(spelled).eq(b.bytes().map(spelled))
}

fn parse_duration(text: &str, bare: Unit) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis = match (unit, bare) {
        ("ms", _) | ("", Unit::Milliseconds) => 1,
        ("s", _) | ("", Unit::Seconds) => 1000,
        ("min", _) => 60_000,
        ("h", _) => 3_600_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// The name that is most probably meant: at most a third of its letters are wrong.
fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let ranked = known.iter().map(|it| (distance(name, &it.replace('-', "_")), *it));
    let (letters, near) = ranked.min()?;
    (letters <= near.len() / 3).then_some(near)
}

/// How many letters must be put in, left out or changed to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<_> = b.chars().collect();
    let mut row: Vec<_> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
