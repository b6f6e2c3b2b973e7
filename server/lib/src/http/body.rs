//! Bodies, and JSON read strictly: one object, known fields, each once.

use std::borrow::Cow;
use std::fmt;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use domain::field_error::FieldError;
use domain::measurement::RawNumber;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::problem::Problem;

/// The largest body the API takes, in bytes.
pub const BODY_MAX_BYTES: usize = 16 * 1024;
/// The largest body that the API takes where observations are sent: a long note is cut rather than that
/// it keeps its value back.
pub const OBSERVATION_MAX_BYTES: usize = 64 * 1024;
/// What some programs begin a text with. It says nothing, and JSON has no place for it.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// The longest unknown field name that is repeated in an error, in characters.
const ECHOED_NAME_MAX_CHARS: usize = 40;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Reads the body of a JSON request.
///
/// # Errors
/// 415 for another media type or character set, 413 for a body over [`BODY_MAX_BYTES`], 400 for broken UTF-8.
pub async fn read_text(request: Request) -> Result<String, Problem> {
    is_said_to_be_json(&request)?;
    text_of(request).await
}

/// Reads the body of a request that may bring what cannot wait, and says what is wrong with how it is
/// written where it can be read all the same. The media type does not matter to who proves by a bearer
/// token who they are. With a cookie it does: a form of another site's page cannot name JSON.
///
/// # Errors
/// As [`read_text`] without a bearer token, 413 for a body over [`OBSERVATION_MAX_BYTES`], 400 for UTF-16.
pub async fn read_observation(request: Request) -> Result<(String, Vec<FieldError>), Problem> {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        is_said_to_be_json(&request)?;
    }
    let bytes = bytes_of(request, OBSERVATION_MAX_BYTES).await?;
    let (text, faults) = readable(&bytes).map_err(other_encoding)?;
    Ok((text.into_owned(), faults))
}

fn is_said_to_be_json(request: &Request) -> Result<(), Problem> {
    if media_type(request) != JSON {
        return Err(other_media_type("Send JSON, with the header Content-Type: application/json."));
    }
    if names_another_charset(request) {
        return Err(other_media_type(
            "Send JSON as UTF-8, with the header Content-Type: application/json.",
        ));
    }
    Ok(())
}

/// A body as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// JSON.
    Json(String),
    /// What a form of a page sends, url-encoded.
    Form(String),
}

/// Reads the body of a request that is JSON, or comes from a form.
///
/// # Errors
/// As [`read_text`].
pub async fn read_json_or_form(request: Request) -> Result<Sent, Problem> {
    match media_type(&request).as_str() {
        JSON => text_of(request).await.map(Sent::Json),
        FORM => text_of(request).await.map(Sent::Form),
        _ => Err(other_media_type(
            "Send JSON or a form, with the header Content-Type: application/json or \
             application/x-www-form-urlencoded.",
        )),
    }
}

/// The media type, without its parameters.
fn media_type(request: &Request) -> String {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Whether the header says that the text is not UTF-8.
fn names_another_charset(request: &Request) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let parameters = value.unwrap_or_default().split(';').skip(1);
    let charset = parameters
        .filter_map(|parameter| parameter.split_once('='))
        .find_map(|(name, value)| name.trim().eq_ignore_ascii_case("charset").then_some(value));
    let is_utf_8 = |charset: &str| {
        let name = charset.trim().trim_matches('"');
        ["utf-8", "utf8", "us-ascii"].iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    charset.is_some_and(|charset| !is_utf_8(charset))
}

fn other_media_type(message: &str) -> Problem {
    let fault = FieldError::new("Content-Type", "media_type", message);
    Problem::unusable(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault)
}

async fn text_of(request: Request) -> Result<String, Problem> {
    let bytes = bytes_of(request, BODY_MAX_BYTES).await?;
    as_text(&bytes).map(str::to_owned).map_err(other_encoding)
}

fn other_encoding(message: &'static str) -> Problem {
    Problem::unusable(StatusCode::BAD_REQUEST, encoding(message))
}

fn encoding(message: &'static str) -> FieldError {
    FieldError::new("body", "encoding", message)
}

async fn bytes_of(request: Request, max_bytes: usize) -> Result<Bytes, Problem> {
    let announced: Option<usize> = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|length| length.parse().ok());
    let too_large = || {
        let message = format!("The body may have at most {max_bytes} bytes: shorten it.");
        let fault = FieldError::new("body", "too_large", message);
        Problem::unusable(StatusCode::PAYLOAD_TOO_LARGE, fault)
    };
    if announced.is_some_and(|bytes| bytes > max_bytes) {
        return Err(too_large());
    }
    axum::body::to_bytes(request.into_body(), max_bytes).await.map_err(|_| too_large())
}

/// The text of a body, without the byte order mark that it may begin with.
///
/// # Errors
/// What to do about an encoding that is not UTF-8.
pub(in crate::http) fn as_text(bytes: &[u8]) -> Result<&str, &'static str> {
    if is_wide(bytes) {
        return Err(WIDE);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| NOT_UTF_8)?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
}

/// The same where a letter or a line break must not keep back what stands beside it, and what is wrong
/// with them: bytes that are no UTF-8 become U+FFFD, and control characters inside of quotes, which
/// devices put there as they are, are escaped.
///
/// # Errors
/// What to do about an encoding of which nothing can be read.
pub(in crate::http) fn readable(
    bytes: &[u8],
) -> Result<(Cow<'_, str>, Vec<FieldError>), &'static str> {
    if is_wide(bytes) {
        return Err(WIDE);
    }
    let mut faults = Vec::new();
    let mut text = String::from_utf8_lossy(bytes);
    if std::str::from_utf8(bytes).is_err() {
        faults.push(encoding(NOT_UTF_8));
    }
    if text.starts_with(BYTE_ORDER_MARK) {
        text = Cow::Owned(text.chars().skip(1).collect());
    }
    if let Some(escaped) = with_controls_escaped(&text) {
        let message = "There is a line break or another control character inside of quotes: write it as \
                       \\n or \\u000b.";
        faults.push(FieldError::new("body", "control_character", message));
        text = Cow::Owned(escaped);
    }
    Ok((text, faults))
}

const WIDE: &str = "The body is UTF-16 or UTF-32: encode it as UTF-8.";
const NOT_UTF_8: &str = "The body is not UTF-8: encode it so.";

/// No text of ours begins with these: a mark of UTF-16, or a letter in two or four bytes.
fn is_wide(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || bytes.iter().take(4).any(|byte| *byte == 0)
}

/// JSON without control characters inside of its texts; nothing where there were none.
fn with_controls_escaped(json: &str) -> Option<String> {
    if !json.contains(|c: char| c < ' ') {
        return None;
    }
    let (mut in_text, mut is_escaped, mut had_one) = (false, false, false);
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if in_text && c < ' ' {
            had_one = true;
            // Behind a backslash it would be another escape.
            let lead = if is_escaped { "\\" } else { "" };
            escaped.push_str(lead);
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
        in_text ^= c == '"' && !is_escaped;
        is_escaped = in_text && c == '\\' && !is_escaped;
    }
    had_one.then_some(escaped)
}

/// The fields of a JSON object, each value still as text.
#[derive(Debug)]
pub struct Fields<'a> {
    entries: Vec<(String, &'a RawValue)>,
}

impl<'a> Fields<'a> {
    /// Reads an object that has no fields but the `known` ones.
    ///
    /// # Errors
    /// What is wrong, with its place or its field.
    pub fn parse(text: &'a str, known: &[&str]) -> Result<Self, Vec<FieldError>> {
        let (fields, faults) = Self::read(text, known)?;
        if faults.is_empty() { Ok(fields) } else { Err(faults) }
    }

    /// Reads an object, and says what is wrong with its fields: those that are not `known`, which are
    /// left out, and those that are there more than once, of which the first counts.
    ///
    /// # Errors
    /// A text that is no object.
    pub fn read(text: &'a str, known: &[&str]) -> Result<(Self, Vec<FieldError>), Vec<FieldError>> {
        let fault = |code, message: String| vec![FieldError::new("body", code, message)];
        let mut fields: Self = serde_json::from_str(text).map_err(|error| {
            if error.is_data() {
                fault("not_an_object", "The body must be a JSON object: {…}.".to_owned())
            } else {
                // serde_json's own text could repeat the input.
                let (line, column) = (error.line(), error.column());
                fault(
                    "syntax",
                    format!("The body is no valid JSON at line {line}, column {column}."),
                )
            }
        })?;
        let mut faults = Vec::new();
        for (at, (name, _)) in fields.entries.iter().enumerate() {
            let shown: String = name.chars().take(ECHOED_NAME_MAX_CHARS).collect();
            if !known.contains(&name.as_str()) {
                let message = format!("Unknown field: leave it out. Known: {}.", known.join(", "));
                faults.push(FieldError::new(&shown, "unknown", message));
            } else if fields.entries[..at].iter().any(|(earlier, _)| earlier == name) {
                faults.push(FieldError::new(&shown, "duplicate", "Send this field once."));
            }
        }
        fields.entries.retain(|(name, _)| known.contains(&name.as_str()));
        Ok((fields, faults))
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        let found = self.entries.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.get()).filter(|text| *text != "null")
    }

    /// The text in a field, if it is there.
    ///
    /// # Errors
    /// A value that is no text.
    pub fn text(&self, name: &str) -> Result<Option<String>, FieldError> {
        let parse = |raw| {
            let message = format!("`{name}` must be a text in quotes.");
            serde_json::from_str(raw).map_err(|_| FieldError::new(name, "not_a_text", message))
        };
        self.raw(name).map(parse).transpose()
    }

    /// Whether a field says yes, if it is there.
    ///
    /// # Errors
    /// A value that is neither `true` nor `false`.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, FieldError> {
        let parse = |raw| {
            let message = format!("`{name}` must be true or false.");
            serde_json::from_str(raw).map_err(|_| FieldError::new(name, "not_a_flag", message))
        };
        self.raw(name).map(parse).transpose()
    }

    /// Whether there is a text in a field.
    #[must_use]
    pub fn is_text(&self, name: &str) -> bool {
        self.raw(name).is_some_and(|raw| raw.starts_with('"'))
    }

    /// The number in a field, unjudged; a text that is nothing else is one.
    #[must_use]
    pub fn number(&self, name: &str) -> RawNumber {
        self.raw(name).map_or(RawNumber::Absent, RawNumber::from_json)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    entries.push((name, value));
                }
                Ok(Fields { entries })
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use domain::decimal::tenths;

    use super::*;

    fn codes(text: &str) -> Vec<String> {
        let faults = Fields::parse(text, &["score", "note"]).expect_err("a fault");
        faults.into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn takes_nothing_but_an_object_with_known_fields_each_once() {
        for not_an_object in ["[]", "null", "7", "\"x\"", "true"] {
            assert_eq!(codes(not_an_object), ["not_an_object"], "{not_an_object}");
        }
        for broken in ["", "{", "{\"score\":NaN}", "{\"score\":9}x", "{\"score\":09}"] {
            assert_eq!(codes(broken), ["syntax"], "{broken}");
        }
        assert_eq!(codes("{\"skore\":9}"), ["unknown"]);
        assert_eq!(codes("{\"score\":9,\"score\":1}"), ["duplicate"]);
    }

    #[test]
    fn a_text_is_utf_8_with_or_without_a_mark() {
        assert_eq!(as_text(b"{}"), Ok("{}"));
        assert_eq!(as_text(b"\xef\xbb\xbf{}"), Ok("{}"));
        assert_eq!(as_text(b""), Ok(""));
        let wide = "{}".encode_utf16();
        let little: Vec<u8> = wide.clone().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = wide.flat_map(u16::to_be_bytes).collect();
        let marked = [b"\xff\xfe".as_slice(), &little].concat();
        for other in [&little, &big, &marked, &b"\xe4\xf6\xfc".to_vec()] {
            assert!(as_text(other).is_err(), "{other:?}");
        }
    }

    #[test]
    fn what_is_written_wrong_around_a_value_is_read_as_far_as_it_can_be() {
        let read = |bytes: &[u8]| {
            let (text, faults) =
                readable(bytes).map(|(text, faults)| (text.into_owned(), faults))?;
            let codes: Vec<String> = faults.into_iter().map(|fault| fault.code).collect();
            Ok::<_, &str>((text, codes.join(" ")))
        };
        for (bytes, text, codes) in [
            (&b"{\"note\":\"ok\\\\\"}\r\n"[..], "{\"note\":\"ok\\\\\"}\r\n", ""),
            (b"\xef\xbb\xbf{}", "{}", ""),
            (b"{\"a\":\"Schw\xe4che\"}", "{\"a\":\"Schw\u{fffd}che\"}", "encoding"),
            (
                b"{\n\"a\":\"one\r\ntwo \\\" \x0b\"}\t",
                "{\n\"a\":\"one\\u000d\\u000atwo \\\" \\u000b\"}\t",
                "control_character",
            ),
            (b"{\"a\":\"\\\n\"}", "{\"a\":\"\\\\\\u000a\"}", "control_character"),
        ] {
            assert_eq!(read(bytes), Ok((text.to_owned(), codes.to_owned())));
        }
        assert!(read(b"{\x00\"\x00").is_err());
    }

    #[test]
    fn keeps_numbers_texts_and_the_rest_apart() {
        let number = |text: &str| {
            let body = format!("{{\"score\":{text}}}");
            Fields::parse(&body, &["score"]).expect("an object").number("score")
        };
        assert_eq!(number("7.9"), RawNumber::Number(tenths(79)));
        assert_eq!(number("\"7.9\""), RawNumber::Number(tenths(79)));
        assert_eq!(number("1e400"), RawNumber::OutOfReach);
        assert_eq!(number("null"), RawNumber::Absent);
        for other in ["\"nine\"", "true", "[9]", "{}"] {
            assert_eq!(number(other), RawNumber::NotANumber, "{other}");
        }
    }
}
