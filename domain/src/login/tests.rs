use proptest::prelude::*;

use super::*;

fn key(name: &str) -> Option<String> {
    Login::parse(name).ok().map(|login| login.key().to_owned())
}

fn code(name: &str) -> Option<String> {
    Login::parse(name).err().map(|fault| fault.code)
}

#[test]
fn a_capital_letter_makes_no_second_account() {
    assert_eq!(key(" Anna "), key("anna"));
    assert_eq!(key("ＡＮＮＡ"), key("anna"), "nor does the width of the letters");
}

#[test]
fn what_is_one_name_and_what_is_not() {
    for (one, other) in [
        ("ΟΔΟΣ", "οδος"),
        ("Σίσυφος Οδοσ", "ΣΊΣΥΦΟΣ ΟΔΟΣ"),
        ("İbrahim", "ibrahim"),
        ("Işık", "ışık"),
        ("IŞIK", "ışık"),
        ("STRAẞE", "straße"),
        ("\u{212a}elvin", "kelvin"),
        ("\u{212b}sa", "åsa"),
    ] {
        assert_eq!(key(one), key(other), "{one} and {other}");
    }
    // The spelling of a name, which no keyboard puts in by itself.
    for (one, other) in [
        ("strasse", "straße"),
        ("weiss", "weiß"),
        ("muller", "müller"),
        ("aeon", "æon"),
        ("anna", "аnna"),
    ] {
        assert!(key(one).is_some() && key(other).is_some(), "{one} and {other}");
        assert_ne!(key(one), key(other), "{one} and {other}");
    }
    // Letters that stand for others: ligatures, a long s, digraphs.
    for bad in ["ﬁona", "ſophie", "ǆ", "ŉ"] {
        assert_eq!(code(bad).as_deref(), Some("characters"), "{bad}");
    }
}

#[test]
fn a_name_with_an_accent_is_one_name_on_every_keyboard() {
    let (mac, android) = ("Rene\u{301}e Sjo\u{308}berg", "Ren\u{e9}e Sj\u{f6}berg");
    assert_eq!(key(mac), key(android));
    assert_eq!(Login::parse(mac).map(|login| login.shown().to_owned()), Ok(android.to_owned()));
}

#[test]
fn a_name_may_have_words() {
    assert_eq!(key("Anna  Maria\u{3000}Smith").as_deref(), Some("anna maria smith"));
    for good in ["o'brien", "anna.smith@example.org", "李小龍", "Müller-Lüdenscheidt", "עדי", "n°1"]
    {
        let fine = good != "n°1";
        assert_eq!(key(good).is_some(), fine, "{good}");
    }
    assert!(key("עדי cohen").is_some(), "each word has a direction of its own");
}

#[test]
fn refuses_names_nobody_could_type_again() {
    for bad in ["", "   ", "a\u{0}b", &"x".repeat(65)] {
        assert!(Login::parse(bad).is_err(), "{bad:?}");
        assert!(SoughtLogin::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn refuses_what_nobody_sees_and_says_so() {
    let zero_width =
        ["an\u{200b}na", "an\u{200d}na", "an\u{200c}na", "anna\u{feff}x", "\u{2060}anna"];
    let turned =
        ["\u{202e}anna", "an\u{202d}na", "\u{2067}anna\u{2069}", "\u{200f}anna", "an\u{61c}na"];
    let empty = ["\u{200b}", "\u{3164}", "\u{115f}", "\u{2800}", "\u{ad}\u{ad}", "an\u{ad}na"];
    for bad in zero_width.into_iter().chain(turned).chain(empty) {
        assert_eq!(code(bad).as_deref(), Some("unseen"), "{bad:?}");
    }
    for bad in ["anna☃", "anna🤔", "\u{301}anna", "½", "annaעדי"] {
        assert_eq!(code(bad).as_deref(), Some("characters"), "{bad:?}");
    }
}

#[test]
fn names_of_staff_come_from_a_narrow_set() {
    for good in ["carla", "Dr.Who_2-b", " carl "] {
        assert!(Login::parse_of_staff(good).is_ok(), "{good}");
    }
    for bad in ["carla maria", "cаrla", "josé", "carla@clinic", "ｃarla", ""] {
        assert!(Login::parse_of_staff(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_account_is_looked_for_under_its_older_spellings_too() {
    let keys = |name| SoughtLogin::parse(name).expect("a name").keys().to_vec();
    assert_eq!(keys(" Anna"), ["anna"]);
    assert_eq!(keys("JOS\u{c9}"), ["jos\u{e9}", "jose\u{301}"]);
    assert_eq!(keys("JOSE\u{301}"), ["jose\u{301}", "jos\u{e9}"]);
    // Made before those that share a capital letter were one.
    assert_eq!(keys("οδος"), ["οδος", "οδοσ"]);
    assert_eq!(keys("ΟΔΟΣ"), ["οδος", "οδοσ"]);
    assert_eq!(keys("İnci"), ["i\u{307}nci", "inci"]);
    assert_eq!(keys("ışık"), ["ışık", "işik", "ıs\u{327}ık"]);
    // What no new account may be called an older one may.
    assert_eq!(keys("An\u{200b}na"), ["an\u{200b}na"]);
    assert_eq!(keys("anna  b"), ["anna  b", "anna b"]);
    assert!(SoughtLogin::parse("JOSÉ").expect("a name").is("jose\u{301}"));
    assert!(!SoughtLogin::parse("JOSÉ").expect("a name").is("jose"));
}

proptest! {
    #[test]
    fn a_prepared_name_stays_as_it_is(name in "[\\PC]{1,20}") {
        if let Ok(login) = Login::parse(&name) {
            let again = Login::parse(login.key()).expect("a key is a name");
            prop_assert_eq!(again.key(), login.key());
            let again = Login::parse(login.shown()).expect("what is shown is a name");
            prop_assert_eq!(again, login);
        }
    }

    #[test]
    fn every_way_of_typing_a_name_finds_it(name in "[a-zA-Zà-ÿÀ-ßα-ωА-я0-9 ._-]{1,20}") {
        if let Ok(login) = Login::parse(&name) {
            let (nfc, nfd): (String, String) = (name.nfc().collect(), name.nfd().collect());
            for typed in [nfc, nfd] {
                let sought = SoughtLogin::parse(&typed).expect("a name");
                prop_assert!(sought.keys().iter().any(|key| key == login.key()), "{}", typed);
            }
        }
    }
}
