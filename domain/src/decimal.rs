//! Numbers as they were sent: decimal digits, never binary fractions.
//!
//! JSON has them as numbers, so that every reader can use them. A binary reader of JSON keeps 15
//! digits and no zeros at the end, so whatever has more is written as text beside the number.

use rust_decimal::RoundingStrategy;

pub use rust_decimal::Decimal;

/// So many digits are kept. A whole number of more is no measurement.
pub const DIGITS_MAX: usize = 28;
/// So many digits every reader of a JSON number keeps.
const JSON_DIGITS: usize = 15;

/// Why a text is no number that can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// It is no number at all.
    NotANumber,
    /// It is larger, or closer to zero, than anything that is measured.
    OutOfReach,
}

/// A whole number, for tables.
#[must_use]
pub const fn whole(number: u32) -> Decimal {
    Decimal::from_parts(number, 0, 0, false, 0)
}

/// A number of tenths, for tables: `tenths(391)` is 39.1.
#[must_use]
pub const fn tenths(number: u32) -> Decimal {
    Decimal::from_parts(number, 0, 0, false, 1)
}

/// Reads `-12.50` or `1.25e1` with all its digits. Decimals beyond [`DIGITS_MAX`] digits are rounded:
/// no device measures so finely, and some compute so.
///
/// # Errors
/// Why it cannot be kept.
pub fn exact(text: &str) -> Result<Decimal, NotKept> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, places(exponent)?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (before, after) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if before.len() + after.len() == 0 || !is_digits(before) || !is_digits(after) {
        return Err(NotKept::NotANumber);
    }
    let decimals = length(after).saturating_sub(exponent);
    let digits = [before, after].concat();
    let number = match digits.trim_start_matches('0') {
        "" => Decimal::new(0, u32::try_from(decimals.clamp(0, SCALE_MAX)).unwrap_or(0)),
        digits => kept(digits, decimals)?,
    };
    Ok(if mantissa.starts_with('-') && !number.is_zero() { -number } else { number })
}

/// So many decimals the numbers have at most.
const SCALE_MAX: i64 = 28;

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// The places by which an exponent moves the point. More than anybody can write out are as good as
/// any such number.
fn places(exponent: &str) -> Result<i64, NotKept> {
    let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotKept::NotANumber);
    }
    let places = unsigned.parse().unwrap_or(i64::MAX);
    Ok(if exponent.starts_with('-') { -places } else { places })
}

/// The number of these `digits`, the first of which is no zero, and the last so many of which stand
/// behind the point; as much of it as fits.
fn kept(digits: &str, decimals: i64) -> Result<Decimal, NotKept> {
    let digits_max = i64::try_from(DIGITS_MAX).unwrap_or(i64::MAX);
    if length(digits).saturating_sub(decimals) > digits_max {
        return Err(NotKept::OutOfReach);
    }
    let cut = (length(digits) - digits_max).max(decimals.saturating_sub(SCALE_MAX)).max(0);
    let fits = usize::try_from(length(digits).saturating_sub(cut));
    // Where nothing fits it is next to zero, and no measurement.
    let fits = fits.ok().filter(|fits| *fits > 0).ok_or(NotKept::OutOfReach)?;
    let (head, tail) = digits.split_at(fits);
    let goes_up = tail.starts_with(['5', '6', '7', '8', '9']);
    let zeros = usize::try_from(-decimals.min(0)).map_err(|_| NotKept::OutOfReach)?;
    let whole: i128 =
        format!("{head}{}", "0".repeat(zeros)).parse().map_err(|_| NotKept::OutOfReach)?;
    let (mut whole, mut decimals) = (whole + i128::from(goes_up), (decimals - cut).max(0));
    // Rounded up to one digit more, the last of which is a zero.
    if length(&whole.to_string()) > digits_max {
        (whole, decimals) = (whole / 10, decimals - 1);
    }
    let scale = u32::try_from(decimals).map_err(|_| NotKept::OutOfReach)?;
    Decimal::try_from_i128_with_scale(whole, scale).map_err(|_| NotKept::OutOfReach)
}

/// The number as people compare it, with so many decimals; halves go up.
#[must_use]
pub fn rounded(number: Decimal, decimals: u32) -> Decimal {
    let mut rounded =
        number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(decimals);
    rounded
}

/// The JSON number, and the digits as text where the number alone would not keep them.
#[must_use]
pub fn to_json(number: Decimal) -> (f64, Option<String>) {
    let text = number.to_string();
    let ends_in_zero = number.scale() > 0 && text.ends_with('0');
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let as_number = text.parse().unwrap_or(f64::NAN);
    (as_number, (ends_in_zero || digits > JSON_DIGITS).then_some(text))
}

/// The number that [`to_json`] wrote.
#[must_use]
pub fn from_json(number: f64, digits: Option<&str>) -> Option<Decimal> {
    match digits {
        Some(text) => exact(text).ok(),
        None => exact(&number.to_string()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept(text: &str) -> Option<String> {
        exact(text).ok().map(|number| number.to_string())
    }

    #[test]
    fn keeps_every_digit_and_the_zeros_at_the_end() {
        for text in ["37.10", "0.5", "39.44444444444444", "131.00000000000003", "-12", "7"] {
            assert_eq!(kept(text).as_deref(), Some(text));
        }
        assert_eq!(kept("1.25e1").as_deref(), Some("12.5"));
        assert_eq!(kept("1.2E3").as_deref(), Some("1200"));
        assert_eq!(kept("5e-1").as_deref(), Some("0.5"));
        assert_eq!(kept("0e999999999999").as_deref(), Some("0"));
        assert_eq!(kept(".5").as_deref(), Some("0.5"));
        assert_eq!(kept("-0").as_deref(), Some("0"));
    }

    #[test]
    fn rounds_what_has_more_digits_than_can_be_kept() {
        for (text, expected) in [
            ("39.44444444444444444444444444444", "39.44444444444444444444444444"),
            ("39.4444444444444444444444444449", "39.44444444444444444444444444"),
            ("-66.66666666666666666666666666666", "-66.66666666666666666666666667"),
            ("99.999999999999999999999999999", "100.0000000000000000000000000"),
            ("3.944444444444444444444444444444e1", "39.44444444444444444444444444"),
            ("0.00000000000000000000000000000000394e34", "39.4"),
            ("0.12345678901234567890123456789", "0.1234567890123456789012345679"),
            ("000000000000000000000000000000039.4", "39.4"),
        ] {
            assert_eq!(kept(text).as_deref(), Some(expected), "{text}");
            assert_eq!(kept(expected).as_deref().map(exact), Some(exact(expected)), "read again");
        }
    }

    #[test]
    fn tells_what_is_out_of_reach_from_what_is_no_number() {
        for text in ["1e400", "1e-400", "12345678901234567890123456789", "1e99999999999999999999"] {
            assert_eq!(exact(text), Err(NotKept::OutOfReach), "{text}");
        }
        for text in ["", ".", "-", "inf", "NaN", "1e", "1e+", "0x1", "1.2.3", "--1", "1 2", "١"] {
            assert_eq!(exact(text), Err(NotKept::NotANumber), "{text}");
        }
    }

    #[test]
    fn rounds_halves_up_and_fills_with_zeros() {
        let shown =
            |text: &str, decimals| rounded(exact(text).expect("kept"), decimals).to_string();
        assert_eq!(shown("39.44444444444444", 1), "39.4");
        assert_eq!(shown("131.00000000000003", 0), "131");
        assert_eq!(shown("37", 1), "37.0");
        assert_eq!(shown("36.95", 1), "37.0");
        assert_eq!(shown("90.5", 0), "91");
    }

    proptest! {
        #[test]
        fn json_brings_every_digit_back(text in "-?[0-9]{1,12}(\\.[0-9]{1,15})?") {
            let number = exact(&text).expect("kept");
            let (as_number, digits) = to_json(number);
            let written = serde_json::to_string(&as_number).expect("a number");
            let read: f64 = serde_json::from_str(&written).expect("a number");
            let back = from_json(read, digits.as_deref()).expect("kept");
            prop_assert_eq!(back.to_string(), number.to_string());
        }

        #[test]
        fn no_text_makes_reading_panic(text in ".*") {
            let _ = exact(&text);
        }

        #[test]
        fn no_number_makes_reading_panic(text in "-?[0-9]{0,40}(\\.[0-9]{0,40})?([eE][+-]?[0-9]{1,20})?") {
            if let Ok(number) = exact(&text) {
                let written = number.to_string();
                prop_assert_eq!(exact(&written).map(|again| again.to_string()), Ok(written));
            }
        }
    }
}
