//! Every text of the shared widgets.

use crate::error::AppError;

use super::browser::WallClock;

/// The product's name.
pub const PRODUCT: &str = "HealthFlow";
/// Jumps over the navigation.
pub const SKIP_TO_CONTENT: &str = "Skip to the content";
/// The severity of something that is not dangerous.
pub const SEVERITY_FINE: &str = "Fine";
/// Precedes the fault of a field, for those who do not see its colour.
pub const ERROR_PREFIX: &str = "Error: ";
/// Says that something is being fetched.
pub const LOADING: &str = "Loading…";
/// Heads the list of what is wrong in a form.
pub const SUMMARY_TITLE: &str = "Please check this – nothing was sent yet";
/// Leads home.
pub const TO_START_PAGE: &str = "Go to the start page";
/// Leads to the sign-in page.
pub const TO_SIGN_IN: &str = "Sign in to go on";
/// The same in another window, so that a filled-in form stays.
pub const TO_SIGN_IN_NEW_WINDOW: &str = "Sign in to go on (opens a new window)";
/// Leads to the page of one's own account.
pub const TO_ACCOUNT: &str = "Go to your account";
/// Loads the page again.
pub const TRY_AGAIN: &str = "Try again";
/// The page of a wrong address.
pub const NOTHING_HERE_TITLE: &str = "There is no such page";
/// Says what can be done about it.
pub const NOTHING_HERE_TEXT: &str =
    "The address may be mistyped, or what was here is gone. Nothing you sent is lost.";

/// Leads to the older part of a list.
pub const SHOW_OLDER: &str = "Show older";
/// Leads to the newest part of a list.
pub const TO_NEWEST: &str = "Back to the newest";

/// Asks for the name to sign in with.
pub const USERNAME: &str = "User name";
/// Asks for the password.
pub const PASSWORD: &str = "Password";
/// Signs in.
pub const SIGN_IN: &str = "Sign in";
/// While signing in.
pub const SIGNING_IN: &str = "Signing in…";
/// What a refused sign-in means.
pub const SIGN_IN_FAULT: &str = "You are not signed in yet";
/// Signs out.
pub const SIGN_OUT: &str = "Sign out";
/// While signing out.
pub const SIGNING_OUT: &str = "Signing out…";
/// When nobody is known by these.
pub const WRONG_CREDENTIALS: &str =
    "User name or password is wrong. Check both; capital letters matter in the password.";
/// When the session has ended before a form was sent.
pub const SESSION_ENDED_IN_FORM: &str =
    "Your session has ended. What you entered stays here: sign in, then send it again.";
/// Opens the field for a note.
pub const ADD_NOTE: &str = "Add a note (optional)";
/// Says who reads the note.
pub const NOTE_HINT: &str = "Your clinic reads it beside the value.";
/// Labels the note.
pub const NOTE: &str = "Note";

/// A failure in three steps: what happened, what is safe, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemWords {
    /// What happened.
    pub title: &'static str,
    /// What is safe, and what to do.
    pub text: &'static str,
}

/// The words for a page that cannot be shown because of `error`.
#[must_use]
pub fn problem(error: &AppError) -> ProblemWords {
    let (title, text) = match error {
        AppError::SignInRequired => (
            "Your session has ended",
            "For safety it ends after a while. Nothing you sent is lost.",
        ),
        AppError::PasswordChangeRequired => (
            "Choose a password of your own first",
            "You signed in with a one-time password. Until you have chosen another on the page of \
             your account, nothing else opens.",
        ),
        AppError::Forbidden => (
            "Your account may not see this",
            "Sign in with an account that may, or ask your clinic.",
        ),
        AppError::NotFound => (NOTHING_HERE_TITLE, NOTHING_HERE_TEXT),
        AppError::Connection => (
            "No connection to HealthFlow",
            "What you sent earlier is safe. Check the connection, then try again.",
        ),
        AppError::AnotherPerson => (
            "Somebody else is signed in here now",
            "This page was opened by somebody else. Nothing was saved. Load the page again.",
        ),
        AppError::OutcomeUnknown | AppError::NoAnswer { .. } => (
            "It is not known whether this was saved",
            "Look whether it is there before you send it again.",
        ),
        AppError::TimedOut => (
            "This took too long",
            "What you sent earlier is safe. Whether this was done is not known: look, then try again.",
        ),
        AppError::TooManyRequests { .. } => {
            ("Too many requests", "What you sent earlier is safe. Wait a minute, then try again.")
        }
        AppError::Overloaded { .. } => (
            "HealthFlow is very busy",
            "What you sent earlier is safe. Wait a few seconds, then try again.",
        ),
        AppError::Invalid(_) => ("Please check what you are looking for", ""),
        _ => (
            "This cannot be shown just now",
            "What you sent earlier is safe. Try again in a minute.",
        ),
    };
    ProblemWords { title, text }
}

/// The names of the months, short.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time for lists: `Today, 08:30`, `Yesterday, 08:30`, `21 Nov, 08:30`.
#[must_use]
pub fn time_exact(at: WallClock, now: WallClock) -> String {
    let WallClock { hour, minute, .. } = at;
    format!("{}, {hour:02}:{minute:02}", day(at, now))
}

/// A time as people say it: `This morning, 08:30`.
#[must_use]
pub fn time_in_words(at: WallClock, now: WallClock) -> String {
    if at.day_number != now.day_number {
        return time_exact(at, now);
    }
    let part = match at.hour {
        0..=4 => "Tonight",
        5..=11 => "This morning",
        12..=17 => "This afternoon",
        _ => "This evening",
    };
    format!("{part}, {:02}:{:02}", at.hour, at.minute)
}

/// The time of day to the minute.
#[must_use]
pub fn hour_and_minute(at: WallClock) -> String {
    format!("{:02}:{:02}", at.hour, at.minute)
}

/// The time of day to the second.
#[must_use]
pub fn time_of_day(at: WallClock) -> String {
    format!("{:02}:{:02}:{:02}", at.hour, at.minute, at.second)
}

fn day(at: WallClock, now: WallClock) -> String {
    match now.day_number - at.day_number {
        0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        _ => {
            let month = usize::try_from(at.month).ok().and_then(|month| MONTHS.get(month));
            let month = month.unwrap_or(&"?");
            if at.year == now.year {
                format!("{} {month}", at.day)
            } else {
                format!("{} {month} {}", at.day, at.year)
            }
        }
    }
}

/// How long ago something was: `4 min ago`.
#[must_use]
pub fn age(elapsed_ms: i64) -> String {
    let minutes = elapsed_ms / 60_000;
    match minutes {
        ..1 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        1440..2880 => "1 day ago".to_owned(),
        _ => format!("{} days ago", minutes / 1440),
    }
}

/// A value beside the one before it: `up from 72`.
#[must_use]
pub fn trend(direction: std::cmp::Ordering, before: &str) -> String {
    match direction {
        std::cmp::Ordering::Greater => format!("up from {before}"),
        std::cmp::Ordering::Less => format!("down from {before}"),
        std::cmp::Ordering::Equal => "same as before".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallClock = WallClock {
        year: 2026,
        month: 10,
        day: 21,
        hour: 20,
        minute: 15,
        second: 7,
        day_number: 20_778,
    };

    #[test]
    fn says_the_part_of_today() {
        let at = WallClock { hour: 7, minute: 4, ..NOW };
        assert_eq!(time_in_words(at, NOW), "This morning, 07:04");
        assert_eq!(time_in_words(NOW, NOW), "This evening, 20:15");
        assert_eq!(time_exact(at, NOW), "Today, 07:04");
    }

    #[test]
    fn names_yesterday_and_older_days() {
        let yesterday = WallClock { day: 20, day_number: NOW.day_number - 1, ..NOW };
        assert_eq!(time_in_words(yesterday, NOW), "Yesterday, 20:15");
        let older = WallClock { day: 3, month: 0, day_number: NOW.day_number - 322, ..NOW };
        assert_eq!(time_exact(older, NOW), "3 Jan, 20:15");
        let last_year = WallClock { year: 2025, ..older };
        assert_eq!(time_exact(last_year, NOW), "3 Jan 2025, 20:15");
    }

    #[test]
    fn rounds_ages_down() {
        assert_eq!(age(59_999), "just now");
        assert_eq!(age(60_000), "1 min ago");
        assert_eq!(age(3_599_999), "59 min ago");
        assert_eq!(age(3_600_000), "1 h ago");
        assert_eq!(age(47 * 3_600_000), "1 day ago");
        assert_eq!(age(48 * 3_600_000), "2 days ago");
        assert_eq!(age(-5_000), "just now");
    }
}
