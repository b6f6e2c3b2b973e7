//! A number from outside, before anybody judged it.

use rust_decimal::Decimal;

use crate::decimal::{NotKept, exact};
use crate::vital::Unit;

/// A number from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RawNumber {
    /// The field was left out, or left empty in a form.
    #[default]
    Absent,
    /// A number.
    Number(Decimal),
    /// A number with a unit behind it, as people type it: `38.5 °C`.
    WithUnit(Decimal, Unit),
    /// A number with a unit behind it that nothing is measured in here: `101 °F`.
    OtherUnit,
    /// Two numbers in one field: `120/80`.
    Pair(Decimal, Decimal),
    /// `1,500` or `1.500`: one and a half, or one thousand five hundred.
    Ambiguous,
    /// A number larger, or closer to zero, than anything that is measured.
    OutOfReach,
    /// Anything else: a text, a list, `true`.
    NotANumber,
}

impl RawNumber {
    /// The number that JSON has as `text`, with all its digits: as a number, or as a text that is
    /// nothing else.
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        let quoted = text.starts_with('"').then(|| serde_json::from_str::<String>(text).ok());
        let text = quoted.as_ref().map_or(Some(text), |quoted| quoted.as_deref());
        let is_number = |text: &&str| text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let Some(text) = text.filter(is_number) else { return Self::NotANumber };
        match exact(text) {
            Ok(number) => Self::Number(number),
            Err(NotKept::OutOfReach) => Self::OutOfReach,
            Err(NotKept::NotANumber) => Self::NotANumber,
        }
    }

    /// Reads what a person typed: on a keyboard of any script, with spaces around it, a decimal
    /// comma, the unit behind it, or both numbers of a blood pressure. What could be two numbers is
    /// none.
    #[must_use]
    pub fn from_typed(text: &str) -> Self {
        let text: String = text.chars().map(plain).collect();
        let text = text.trim();
        if text.is_empty() {
            return Self::Absent;
        }
        let (number, behind) = number_and_rest(text);
        if let Some(second) = behind.strip_prefix(['/', '-', '–']) {
            return pair(number, second.trim());
        }
        match (typed(number), behind) {
            (Self::Number(number), "") => Self::Number(number),
            (Self::Number(number), unit) => match Unit::from_spelling(unit) {
                Some(unit) => Self::WithUnit(number, unit),
                None => other_unit(unit),
            },
            (other, _) => other,
        }
    }
}

/// Both numbers of a blood pressure, with or without its unit behind.
fn pair(first: &str, second: &str) -> RawNumber {
    let (second, unit) = number_and_rest(second);
    let fits = unit.is_empty() || Unit::from_spelling(unit) == Some(Unit::MmHg);
    match (typed(first), typed(second)) {
        (RawNumber::Number(first), RawNumber::Number(second)) if fits => {
            RawNumber::Pair(first, second)
        }
        _ => RawNumber::NotANumber,
    }
}

/// Words behind a number are a unit that does not fit; signs and figures are a slip.
fn other_unit(text: &str) -> RawNumber {
    let is_word = text.chars().all(|c| c.is_alphabetic() || " °/[]%.".contains(c));
    if is_word { RawNumber::OtherUnit } else { RawNumber::NotANumber }
}

/// A bare number as people type it. Exponents are typed by nobody on purpose.
fn typed(text: &str) -> RawNumber {
    let with_point = text.replace(',', ".");
    let unsigned = with_point.trim_start_matches(['-', '+']);
    if let Some((before, after)) = unsigned.split_once('.')
        && after.len() == 3
        && after.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=3).contains(&before.len())
        && !before.starts_with('0')
    {
        return RawNumber::Ambiguous;
    }
    match exact(&with_point) {
        Ok(number) => RawNumber::Number(number),
        Err(NotKept::OutOfReach) => RawNumber::OutOfReach,
        Err(NotKept::NotANumber) => RawNumber::NotANumber,
    }
}

/// A text cut where its number ends.
fn number_and_rest(text: &str) -> (&str, &str) {
    let sign = usize::from(text.starts_with(['-', '+']));
    let is_of_number = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let end = text[sign..].find(|c| !is_of_number(c)).map_or(text.len(), |at| sign + at);
    (&text[..end], text[end..].trim())
}

/// The zeros of the keyboards that have digits of their own; nine more digits follow each.
const ZEROS: [char; 20] = [
    '\u{660}', '\u{6F0}', '\u{7C0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}',
    '\u{BE6}', '\u{C66}', '\u{CE6}', '\u{D66}', '\u{DE6}', '\u{E50}', '\u{ED0}', '\u{F20}',
    '\u{1040}', '\u{17E0}', '\u{1810}', '\u{FF10}',
];

/// The plain character that another keyboard's means: a digit, a point, a sign.
fn plain(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    for zero in ZEROS {
        if let Some(digit) = u32::from(c).checked_sub(u32::from(zero)).filter(|digit| *digit < 10) {
            return char::from_digit(digit, 10).unwrap_or(c);
        }
    }
    match c {
        '٫' | '，' | '、' => ',',
        '．' | '。' => '.',
        '／' | '⁄' | '∕' => '/',
        '−' | '－' | '‒' | '—' => '-',
        '＋' => '+',
        '\u{A0}' | '\u{202F}' | '\u{2009}' | '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> RawNumber {
        RawNumber::Number(exact(text).expect("a number"))
    }

    #[test]
    fn reads_what_people_type() {
        assert_eq!(RawNumber::from_typed(" 37,2 "), number("37.2"));
        assert_eq!(RawNumber::from_typed("+.5"), number("0.5"));
        assert_eq!(RawNumber::from_typed("38."), number("38"));
        let endless = format!("39,{}", "4".repeat(29));
        assert_eq!(RawNumber::from_typed(&endless), number(&format!("39.{}", "4".repeat(26))));
        assert_eq!(RawNumber::from_typed("  "), RawNumber::Absent);
        for bad in ["inf", "NaN", "1e3", "1.2.3", ".", "-", "--1", "38 5", "120 80", "½", "1'500"]
        {
            assert_eq!(RawNumber::from_typed(bad), RawNumber::NotANumber, "{bad}");
        }
    }

    #[test]
    fn digits_of_every_keyboard_are_digits() {
        for typed in ["38.5", "٣٨٫٥", "۳۸٫۵", "३८.५", "３８．５", "๓๘.๕"] {
            assert_eq!(RawNumber::from_typed(typed), number("38.5"), "{typed}");
        }
        assert_eq!(RawNumber::from_typed("１２０／８０"), RawNumber::from_typed("120/80"));
    }

    #[test]
    fn a_unit_behind_the_number_is_understood_or_named() {
        let with = |text: &str, unit| RawNumber::WithUnit(exact(text).expect("a number"), unit);
        assert_eq!(RawNumber::from_typed("38.5 °C"), with("38.5", Unit::Celsius));
        assert_eq!(RawNumber::from_typed("98%"), with("98", Unit::Percent));
        assert_eq!(RawNumber::from_typed("72 BPM"), with("72", Unit::PerMinute));
        assert_eq!(RawNumber::from_typed("5,6 mmol/l"), with("5.6", Unit::MmolPerL));
        for other in ["101 °F", "180 lb", "5 foot"] {
            assert_eq!(RawNumber::from_typed(other), RawNumber::OtherUnit, "{other}");
        }
    }

    #[test]
    fn both_numbers_of_a_blood_pressure_may_stand_in_one_field() {
        let both = RawNumber::Pair(exact("120").expect("kept"), exact("80").expect("kept"));
        for typed in ["120/80", " 120 / 80 mmHg", "120-80", "120–80"] {
            assert_eq!(RawNumber::from_typed(typed), both, "{typed}");
        }
        assert_eq!(RawNumber::from_typed("120/80 kg"), RawNumber::NotANumber);
        assert_eq!(RawNumber::from_typed("120/"), RawNumber::NotANumber);
    }

    #[test]
    fn what_could_be_two_numbers_is_none() {
        for typed in ["1,500", "1.500", "12,345", "-1,000"] {
            assert_eq!(RawNumber::from_typed(typed), RawNumber::Ambiguous, "{typed}");
        }
        assert_eq!(RawNumber::from_typed("0,500"), number("0.500"));
        assert_eq!(RawNumber::from_typed("1,50"), number("1.50"));
    }

    #[test]
    fn json_numbers_keep_their_digits_and_nothing_else_is_one() {
        assert_eq!(RawNumber::from_json("39.44444444444444"), number("39.44444444444444"));
        assert_eq!(RawNumber::from_json("3.85e1"), number("38.5"));
        assert_eq!(RawNumber::from_json("1e400"), RawNumber::OutOfReach);
        assert_eq!(RawNumber::from_json("\"39.40\""), number("39.40"));
        assert_eq!(RawNumber::from_json("\"3.85e1\""), number("38.5"));
        for other in [
            "\"\"",
            "\"39,4\"",
            "\" 9\"",
            "\"9 %\"",
            "\"120/80\"",
            "\"NaN\"",
            "\"9",
            "true",
            "[9]",
            "{}",
            "null",
        ] {
            assert_eq!(RawNumber::from_json(other), RawNumber::NotANumber, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_typed_text_makes_reading_panic(text in ".*") {
            let _ = RawNumber::from_typed(&text);
        }

        #[test]
        fn a_number_is_never_read_as_another_one(text in "[0-9]{1,4}([.,][0-9]{0,4})?") {
            let expected = exact(&text.replace(',', ".")).expect("a number");
            match RawNumber::from_typed(&text) {
                RawNumber::Number(read) => prop_assert_eq!(read, expected),
                other => prop_assert_eq!(other, RawNumber::Ambiguous),
            }
        }
    }
}
