//! Base64, strictly and as the guard's runtime reads it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::Text;

pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Sixty-four bytes in the one way in which they are written.
pub(super) fn decode(text: &str) -> Option<[u8; 64]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// As `Buffer.from(text, "base64")`: both alphabets, what is in neither is skipped, padding ends it
/// and bits left over are dropped.
pub(super) fn decode_leniently(text: &Text) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for unit in text.units().take_while(|&unit| unit != u16::from(b'=')) {
        let Some(sextet) = u8::try_from(unit).ok().and_then(sextet) else {
            continue;
        };
        bits = bits << 6 | u32::from(sextet);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.extend(u8::try_from(bits >> held & 0xFF));
            bits &= (1 << held) - 1;
        }
    }
    bytes
}

fn sextet(char: u8) -> Option<u8> {
    match char {
        b'A'..=b'Z' => Some(char - b'A'),
        b'a'..=b'z' => Some(char - b'a' + 26),
        b'0'..=b'9' => Some(char - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}
