//! Percent-encoding of the parts of a URL.

/// Decodes `%41`; `part` is what the text is, for the message.
pub(super) fn decode(text: &str, part: &str) -> Result<String, String> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (rest.next().and_then(digit), rest.next().and_then(digit));
        let (Some(high), Some(low)) = (high, low) else {
            return Err(format!(
                "a `%` in the {part} should be followed by two hexadecimal digits; \
                 write `%25` for the percent sign itself"
            ));
        };
        bytes.push(high * 16 + low);
    }
    match String::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => Err(format!("the {part} contains a NUL character")),
        Ok(text) => Ok(text),
        Err(_) => Err(format!("the {part} is not UTF-8 once decoded")),
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok())
}

/// Encodes spaces, control characters, percent signs and what `special` lists.
pub(super) fn encode(text: &str, special: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        if it.is_ascii()
            && (it == '%' || it == ' ' || it.is_ascii_control() || special.contains(it))
        {
            out.push_str(&format!("%{:02X}", u32::from(it)));
        } else {
            out.push(it);
        }
    }
    out
}
