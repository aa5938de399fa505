//! Documents of full-text search: from their binary form to PostgreSQL's own notation.

use std::fmt::Write as _;

/// `'cat':3 'fat':2,11A`; `None` where the bytes have another form.
pub(super) fn vector(bytes: &[u8]) -> Option<String> {
    let (count, mut rest) = split::<4>(bytes)?;
    let mut text = String::new();
    for index in 0..u32::from_be_bytes(count) {
        let end = rest.iter().position(|it| *it == 0)?;
        let word = std::str::from_utf8(&rest[..end]).ok()?;
        text.push_str(if index == 0 { "'" } else { " '" });
        for c in word.chars() {
            if matches!(c, '\'' | '\\') {
                text.push(c);
            }
            text.push(c);
        }
        text.push('\'');
        let (places, mut after) = split::<2>(&rest[end + 1..])?;
        for place in 0..u16::from_be_bytes(places) {
            let (position, behind) = split::<2>(after)?;
            let position = u16::from_be_bytes(position);
            let separator = if place == 0 { ':' } else { ',' };
            // Two bits of weight, D first, before the number. Writing to a string can't fail.
            let _ = write!(text, "{separator}{}", position & 0x3fff);
            text.push_str(["", "C", "B", "A"][usize::from(position >> 14)]);
            after = behind;
        }
        rest = after;
    }
    rest.is_empty().then_some(text)
}

fn split<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk::<N>().map(|(head, rest)| (*head, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::vector;

    #[test]
    fn words_and_places_are_written_as_the_server_does() {
        let mut bytes = 2_u32.to_be_bytes().to_vec();
        bytes.extend_from_slice(b"it's\0\0\x02\0\x01\xc0\x07");
        bytes.extend_from_slice("größe\0\0\0".as_bytes());
        assert_eq!(vector(&bytes).unwrap(), "'it''s':1,7A 'größe'");
        assert_eq!(vector(&[0; 4]).unwrap(), "");
        for end in 0..bytes.len() {
            assert_eq!(vector(&bytes[..end]), None, "{end}");
        }
        bytes.push(0);
        assert_eq!(vector(&bytes), None);
    }
}
