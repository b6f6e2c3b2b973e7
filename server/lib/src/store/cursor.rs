//! Where the next part of a list begins: a sort key, made opaque.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::field_error::FieldError;

/// The longest cursor accepted, in bytes.
pub const CURSOR_MAX_BYTES: usize = 256;

/// The cursor behind the item with this sort key.
#[must_use]
pub fn encode(sort_key: &str) -> String {
    URL_SAFE_NO_PAD.encode(sort_key)
}

/// The sort key in a cursor.
///
/// # Errors
/// A text that never was a cursor.
pub fn decode(cursor: &str) -> Result<String, FieldError> {
    let fault = || {
        let message = "This is no cursor: take `next_cursor` from an answer, or leave it out.";
        FieldError::new("cursor", "malformed", message)
    };
    if cursor.len() > CURSOR_MAX_BYTES {
        return Err(fault());
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| fault())?;
    let key = String::from_utf8(bytes).map_err(|_| fault())?;
    if key.is_empty() { Err(fault()) } else { Ok(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_back_to_the_sort_key() {
        let key = "2026-11-21T08:00:00.000Z#0198";
        assert_eq!(decode(&encode(key)).as_deref(), Ok(key));
    }

    #[test]
    fn refuses_what_never_was_a_cursor() {
        for bad in ["", "!!", "_w", &"A".repeat(300)] {
            assert_eq!(decode(bad).map_err(|e| e.field), Err("cursor".to_owned()), "{bad:?}");
        }
    }
}
