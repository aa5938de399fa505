//! [`Decimal`]: an exact decimal number in the neutral form that drivers exchange.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

/// An exact decimal number: sign, 96-bit integer, and how many of its digits stand behind the
/// point. Arithmetic belongs to the decimal crates whose types convert to and from this.
///
/// Numbers are equal by value: 1.5 is 1.50.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    /// The low 64 bits of the digits as one integer.
    pub low: u64,
    /// The high 32 bits.
    pub high: u32,
    /// Digits behind the point, 0 to 28.
    pub scale: u8,
    /// Whether the number is below zero.
    pub negative: bool,
}

impl Decimal {
    /// The digits as one integer, without sign and point.
    pub fn digits(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    /// The number without zeros at its end: what equal numbers have in common.
    fn normal(self) -> (u128, u8, bool) {
        let (mut digits, mut scale) = (self.digits(), self.scale);
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        (digits, scale, self.negative && digits != 0)
    }

    /// The number, where it is a whole one of 64 bits.
    pub(super) fn to_u64(self) -> Option<u64> {
        let (digits, scale, negative) = self.normal();
        (scale == 0 && !negative).then(|| u64::try_from(digits).ok()).flatten()
    }

    /// Reads `-12.50`; `None` where it isn't a plain decimal number or has over 96 bits.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        if whole.len() + fraction.len() == 0 || fraction.len() > 28 {
            return None;
        }
        let mut digits: u128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = byte.is_ascii_digit().then(|| u128::from(byte - b'0'))?;
            digits = digits.checked_mul(10)?.checked_add(digit)?;
        }
        let high = u32::try_from(digits >> 64).ok()?;
        let low = (digits & u128::from(u64::MAX)) as u64;
        Some(Self { low, high, scale: fraction.len() as u8, negative })
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.normal() == other.normal()
    }
}

impl Eq for Decimal {}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, a_scale, a_negative) = self.normal();
        let (b, b_scale, b_negative) = other.normal();
        match (a_negative, b_negative) {
            (false, false) => magnitudes(a, a_scale, b, b_scale),
            (true, true) => magnitudes(b, b_scale, a, a_scale),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares two numbers that aren't below zero, each its digits and how many are behind the point.
fn magnitudes(a: u128, a_scale: u8, b: u128, b_scale: u8) -> Ordering {
    if a_scale > b_scale {
        return magnitudes(b, b_scale, a, a_scale).reverse();
    }
    // What overflows 128 bits is larger than any 96 of them.
    let scaled = 10_u128.checked_pow(u32::from(b_scale - a_scale)).and_then(|it| a.checked_mul(it));
    match scaled {
        Some(a) => a.cmp(&b),
        None if a == 0 => 0.cmp(&b),
        None => Ordering::Greater,
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normal().hash(state);
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Room for any scale that the field can hold; written from the last digit. Money is written
        // often.
        let mut buffer = [0_u8; 260];
        let mut at = buffer.len();
        let mut write = |byte: u8| {
            at -= 1;
            buffer[at] = byte;
        };
        let mut digits = self.digits();
        let (mut written, scale) = (0, u32::from(self.scale));
        while digits != 0 || written <= scale {
            if written == scale && scale != 0 {
                write(b'.');
            }
            // Division of 64 bits is many times faster than of 128.
            let digit = match u64::try_from(digits) {
                Ok(few) => {
                    digits = u128::from(few / 10);
                    (few % 10) as u8
                }
                Err(_) => {
                    let digit = (digits % 10) as u8;
                    digits /= 10;
                    digit
                }
            };
            write(b'0' + digit);
            written += 1;
        }
        if self.negative {
            write(b'-');
        }
        f.write_str(std::str::from_utf8(&buffer[at..]).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn sorts_by_value() {
        let tiny = Decimal { low: 1, high: 0, scale: 28, negative: false };
        let odd = Decimal { scale: u8::MAX, ..tiny };
        let max = Decimal { low: u64::MAX, high: u32::MAX, scale: 0, negative: false };
        let texts = ["-79228162514264337593543950335", "-10", "-9.99", "-0.1", "0"];
        let mut sorted: Vec<Decimal> = texts.iter().filter_map(|it| Decimal::parse(it)).collect();
        sorted.extend([odd, tiny]);
        sorted.extend(["0.05", "0.5", "9.9", "10"].iter().filter_map(|it| Decimal::parse(it)));
        sorted.push(max);
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(a.cmp(b), i.cmp(&j), "{a} and {b}");
                assert_eq!(a == b, i == j);
            }
        }
        assert!(Decimal::parse("1.50") == Decimal::parse("1.5"));
        assert!(Decimal::parse("-0") == Decimal::parse("0.00"));
    }

    #[test]
    fn is_written_as_it_was_read() {
        for text in ["0", "7", "-7", "0.0", "0.05", "-12.50", "79228162514264337593543950335"] {
            assert_eq!(Decimal::parse(text).map(|it| it.to_string()).as_deref(), Some(text));
        }
        let tiny = Decimal { low: 1, high: 0, scale: 28, negative: true };
        assert_eq!(tiny.to_string(), "-0.0000000000000000000000000001");
        assert_eq!(Decimal::parse(&tiny.to_string()), Some(tiny));
        let odd = Decimal { low: u64::MAX, high: u32::MAX, scale: u8::MAX, negative: true };
        assert_eq!(odd.to_string().len(), 258, "a sign, a point, 256 digits");
    }
}
