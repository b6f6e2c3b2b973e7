//! What a browser calls itself, in words its owner recognises.

/// The longest description kept, in characters.
const MAX_CHARS: usize = 60;

/// What names a program that does not name itself.
const NAMELESS: &str = "A program that gives no name";

/// Browsers by what their `User-Agent` contains; the first that fits counts, because most claim to
/// be others too.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
];

/// `Firefox on Windows`; the program's own first word where it is no browser.
#[must_use]
pub fn in_words(user_agent: Option<&str>) -> String {
    let text = user_agent.unwrap_or_default();
    let found = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| text.contains(part)).map(|(_, name)| *name)
    };
    match (found(&BROWSERS), found(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => {
            let first = text.split([' ', '/']).next().unwrap_or_default();
            let first: String = first.chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect();
            if first.trim().is_empty() { NAMELESS.to_owned() } else { first }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_and_programs_are_told_apart() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                    Gecko) Chrome/140.0 Safari/537.36 Edg/140.0";
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 \
                     Mobile/15E148 Safari/604.1";
        assert_eq!(in_words(Some(edge)), "Edge on Windows");
        assert_eq!(in_words(Some(phone)), "Safari on iPhone");
        assert_eq!(in_words(Some("curl/8.5.0")), "curl");
        for nameless in [None, Some(""), Some("/1.0"), Some(" curl")] {
            assert_eq!(in_words(nameless), NAMELESS, "{nameless:?}");
        }
    }
}
