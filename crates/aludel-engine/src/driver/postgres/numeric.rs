//! PostgreSQL's `NUMERIC`: digits to the base of ten thousand.

use aludel_core::value::{Decimal, ValueRef};
use bytes::{BufMut, BytesMut};

const BASE: u128 = 10_000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

pub(super) fn encode(number: Decimal, out: &mut BytesMut) {
    // So many digits are added behind the point that whole groups of four stand there.
    let scale = u32::from(number.scale);
    let missing = (4 - scale % 4) % 4;
    let mut groups = [0_u16; 12];
    let mut count = 0;
    // The lowest group gets the missing zeros, so that nothing overflows.
    let mut rest = number.digits();
    let low = 10_u128.pow(4 - missing);
    if missing > 0 {
        groups[0] = (rest % low * 10_u128.pow(missing)) as u16;
        rest /= low;
        count = 1;
    }
    while rest > 0 {
        groups[count] = (rest % BASE) as u16;
        rest /= BASE;
        count += 1;
    }
    let behind = (scale + missing) / 4;
    let weight = count as i16 - behind as i16 - 1;
    // Groups of zeros at the end are left out.
    let idle = groups[..count].iter().take_while(|it| **it == 0).count();
    out.put_u16((count - idle) as u16);
    out.put_i16(if idle == count { 0 } else { weight });
    out.put_u16(if number.negative && number.digits() != 0 { NEGATIVE } else { 0 });
    out.put_u16(u16::from(number.scale));
    groups[idle..count].iter().rev().for_each(|it| out.put_u16(*it));
}

/// The number, or what it is instead, as text.
pub(super) fn decode(bytes: &[u8]) -> ValueRef<'static> {
    match read(bytes) {
        Some(Ok(number)) => ValueRef::Decimal(number),
        Some(Err(NAN)) => ValueRef::Text("NaN"),
        Some(Err(INFINITY)) => ValueRef::Text("Infinity"),
        Some(Err(MINUS_INFINITY)) => ValueRef::Text("-Infinity"),
        _ => ValueRef::Text("a number of more than 96 bits"),
    }
}

fn read(bytes: &[u8]) -> Option<Result<Decimal, u16>> {
    let mut words = bytes.chunks_exact(2).map(|it| u16::from_be_bytes([it[0], it[1]]));
    let (count, weight, sign) = (words.next()?, words.next()? as i16, words.next()?);
    let scale = u32::from(words.next()?);
    if !matches!(sign, 0 | NEGATIVE) {
        return Some(Err(sign));
    }
    // All digits as one integer, and how many of them stand behind the point.
    let mut digits: u128 = 0;
    for group in words.take(usize::from(count)) {
        digits = digits.checked_mul(BASE)?.checked_add(u128::from(group))?;
    }
    let mut behind = (i32::from(count) - 1 - i32::from(weight)) * 4;
    if count == 0 {
        behind = 0;
    }
    let wanted = i32::try_from(scale).ok()?;
    while behind < wanted.min(28) {
        match digits.checked_mul(10) {
            Some(more) if more < 1 << 96 => digits = more,
            _ => break,
        }
        behind += 1;
    }
    // Zeros at the end beyond the scale, or beyond what the neutral form holds.
    while behind > wanted || behind > 28 || (behind > 0 && digits >= 1 << 96) {
        if !digits.is_multiple_of(10) {
            return None;
        }
        digits /= 10;
        behind -= 1;
    }
    while behind < 0 {
        digits = digits.checked_mul(10)?;
        behind += 1;
    }
    let high = u32::try_from(digits >> 64).ok()?;
    Some(Ok(Decimal { low: digits as u64, high, scale: behind as u8, negative: sign == NEGATIVE }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "10000",
            "0.0001",
            "12345.6789",
            "-0.5",
            "100000000.000000001",
            "79228162514264337593543950335",
            "7.9228162514264337593543950335",
            "0.0000000000000000000000000001",
            "10000000000000000000000000000",
            "99990000",
        ] {
            let number = Decimal::parse(text).expect(text);
            let mut out = BytesMut::new();
            encode(number, &mut out);
            assert_eq!(decode(&out).to_string(), text, "{out:?}");
        }
    }

    proptest! {
        #[test]
        fn any_number(low: u64, high: u32, scale in 0_u8..=28, negative: bool) {
            let number = Decimal { low, high, scale, negative };
            let mut out = BytesMut::new();
            encode(number, &mut out);
            prop_assert_eq!(decode(&out), ValueRef::Decimal(number));
        }

        #[test]
        fn no_answer_breaks_it(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
