//! A number from outside, before anybody judged it.

/// A number from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum RawNumber {
    /// The field was left out, or left empty in a form.
    #[default]
    Absent,
    /// A number; infinite when it is too large to be held.
    Number(f64),
    /// Anything else: a text, a list, `true`.
    NotANumber,
}

impl RawNumber {
    /// Reads what a person typed: spaces around it and a decimal comma are fine. More than 15
    /// digits are no number: nobody measures that finely.
    #[must_use]
    pub fn from_typed(text: &str) -> Self {
        let text = text.trim().replace(',', ".");
        if text.is_empty() {
            return Self::Absent;
        }
        decimal(&text).map_or(Self::NotANumber, Self::Number)
    }
}

/// Whole numbers of so many digits are exact as `f64`.
const EXACT_DIGITS: usize = 15;

/// Reads `-12.5`. `str::parse` would also take "inf", "nan" and "1e9", which nobody types on
/// purpose, and the tables it needs for them are a large part of what a phone downloads.
fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.len() > EXACT_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Both are exact, so their quotient is the number nearest to what was typed.
    let magnitude =
        digits.parse::<u64>().ok()? as f64 / fraction.bytes().fold(1.0, |scale, _| scale * 10.0);
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_type() {
        assert_eq!(RawNumber::from_typed(" 37,2 "), RawNumber::Number(37.2));
        assert_eq!(RawNumber::from_typed("+.5"), RawNumber::Number(0.5));
        assert_eq!(RawNumber::from_typed("  "), RawNumber::Absent);
        for bad in ["inf", "NaN", "1e3", "12 kg", "1.2.3", ".", "-", "--1", "1234567890123456"] {
            assert_eq!(RawNumber::from_typed(bad), RawNumber::NotANumber, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reads_the_number_nearest_to_the_text(text in "[-+]?[0-9]{1,8}(\\.[0-9]{0,7})?") {
            let nearest = text.parse().map(RawNumber::Number);
            prop_assert_eq!(Ok(RawNumber::from_typed(&text)), nearest);
        }
    }
}
