//! Every text of the shared widgets.

use std::borrow::Cow;
use std::cmp::Ordering;

use domain::observation_time::TimeDoubt;
use domain::vital::{ObservationKind, SCORE_MAX};

use domain::timestamp::Timestamp;

use super::browser::WallClock;
use crate::error::AppError;

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
/// Heads what went wrong where the answer was lost on its way.
pub const UNKNOWN_TITLE: &str = "It is not known whether this was saved";
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
/// Titles the sign-in page of somebody whose time was up.
pub const SIGNED_OUT: &str = "Signed out";
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
/// Heads a form that was sent when the session was over, and came back.
pub const CAME_BACK_UNSENT: &str =
    "This was not sent: you were signed out. Look at what you entered, then send it.";
/// Heads a form of which something did not come back.
pub const CAME_BACK_CUT: &str =
    "A text was too long to come back with this page: enter it again before you send.";
/// Asks why something is done.
pub const REASON: &str = "Reason";
/// Says who reads the reason.
pub const REASON_HINT: &str = "In a few words. It is kept in the audit log.";
/// Opens the field for a note.
pub const ADD_NOTE: &str = "Add a note (optional)";
/// Says who reads the note.
pub const NOTE_HINT: &str = "Your clinic reads it beside the value.";
/// Labels the note.
pub const NOTE: &str = "Note";

/// For whom HealthFlow is too slow.
pub const EMERGENCY: &str = "HealthFlow is not for emergencies. If you feel very unwell, \
                             call your emergency number.";
/// What is safe, whatever could not be done now.
pub const EARLIER_IS_SAFE: &str = "What you sent earlier is safe.";

/// A failure in three steps: what happened, what is safe, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemWords {
    /// What happened.
    pub title: &'static str,
    /// What is safe, and what to do.
    pub text: Cow<'static, str>,
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
        AppError::OutcomeUnknown | AppError::NoAnswer { .. } => {
            (UNKNOWN_TITLE, "Look whether it is there before you send it again.")
        }
        AppError::TimedOut => (
            "This took too long",
            "What you sent earlier is safe. Whether this was done is not known: look, then try again.",
        ),
        AppError::TooManyRequests { retry_after_s } => {
            return wait("Too many requests", *retry_after_s);
        }
        AppError::Overloaded { retry_after_s } => {
            return wait("HealthFlow is very busy", *retry_after_s);
        }
        AppError::Invalid(_) => ("Please check what you are looking for", ""),
        _ => (
            "This cannot be shown just now",
            "What you sent earlier is safe. Try again in a minute.",
        ),
    };
    ProblemWords { title, text: text.into() }
}

/// What passes by itself. There is one time, and the answer's head says the same.
fn wait(title: &'static str, retry_after_s: u32) -> ProblemWords {
    let text = format!("{EARLIER_IS_SAFE} Try again in {}.", seconds(retry_after_s));
    ProblemWords { title, text: text.into() }
}

/// So many seconds: `1 second`, `42 seconds`.
#[must_use]
pub fn seconds(seconds: u32) -> String {
    let unit = if seconds == 1 { "second" } else { "seconds" };
    format!("{seconds} {unit}")
}

/// Precedes when something was received, where that is not when it was measured.
pub const RECEIVED: &str = "received";
/// Marks a value that says something else than it did at first.
pub const CORRECTED: &str = "Corrected";
/// Precedes what a value said before.
pub const SAID_BEFORE: &str = "Before:";
/// Marks a value that was never true.
pub const WITHDRAWN: &str = "Withdrawn";
/// Precedes who did something.
pub const BY: &str = "by";

/// Why a time of measuring is not believed, before the time itself.
#[must_use]
pub fn time_doubt(doubt: TimeDoubt) -> &'static str {
    match doubt {
        TimeDoubt::Ahead => "The device's clock is wrong, it said",
        TimeDoubt::LongAgo => "The device's clock may be wrong, it said",
        TimeDoubt::Unreadable => "The device sent no time that can be read",
    }
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

/// A time as the server writes it, which knows nobody's zone. It is kept as short as what takes its
/// place: the year of `now` goes without saying, and where `is_of_day` the day does.
#[must_use]
pub fn time_utc(at: Timestamp, now: Option<Timestamp>, is_of_day: bool) -> String {
    let whole = at.in_words_utc();
    let Some((day, time)) = whole.split_once(", ") else { return whole };
    if is_of_day {
        return time.to_owned();
    }
    let this_year = now.map(Timestamp::in_words_utc);
    let this_year = this_year.as_ref().and_then(|now| now.split(", ").next()?.rsplit(' ').next());
    match day.rsplit_once(' ') {
        Some((day, year)) if Some(year) == this_year => format!("{day}, {time}"),
        _ => whole,
    }
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

/// How long ago something was: `4 min ago`. What lies ahead by a minute or more says so: the clock by
/// which it was written was wrong.
#[must_use]
pub fn age(elapsed_ms: i64) -> String {
    let minutes = elapsed_ms / 60_000;
    match (minutes, amount(minutes.unsigned_abs())) {
        (0, _) => "just now".to_owned(),
        (1.., amount) => format!("{amount} ago"),
        (_, amount) => format!("in {amount}"),
    }
}

/// So many minutes, rounded down to what matters.
fn amount(minutes: u64) -> String {
    match minutes {
        0..60 => format!("{minutes} min"),
        60..1440 => format!("{} h", minutes / 60),
        1440..2880 => "1 day".to_owned(),
        _ => format!("{} days", minutes / 1440),
    }
}

/// Which end of the scale of symptoms is the bad one, beside a score.
#[must_use]
pub fn score_meaning() -> String {
    format!("{SCORE_MAX} is worst")
}

/// A value beside the one before it: `up from 72`. More symptoms are worse, which everybody knows
/// of symptoms and nobody of a number; of other kinds neither direction is the good one.
#[must_use]
pub fn trend(kind: ObservationKind, direction: Ordering, before: &str) -> String {
    let is_score = kind == ObservationKind::SymptomScore;
    match (direction, is_score) {
        (Ordering::Greater, true) => format!("worse: {before} before"),
        (Ordering::Less, true) => format!("better: {before} before"),
        (Ordering::Greater, false) => format!("up from {before}"),
        (Ordering::Less, false) => format!("down from {before}"),
        (Ordering::Equal, _) => "same as before".to_owned(),
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
    fn the_small_hours_of_today_are_not_those_that_are_to_come() {
        let at = WallClock { hour: 0, minute: 4, ..NOW };
        assert_eq!(time_exact(at, NOW), "Today, 00:04");
        assert_eq!(time_exact(NOW, NOW), "Today, 20:15");
    }

    #[test]
    fn more_symptoms_are_worse_and_other_values_only_go_up() {
        let symptoms = |direction| trend(ObservationKind::SymptomScore, direction, "4");
        assert_eq!(symptoms(Ordering::Greater), "worse: 4 before");
        assert_eq!(symptoms(Ordering::Less), "better: 4 before");
        assert_eq!(symptoms(Ordering::Equal), "same as before");
        assert_eq!(trend(ObservationKind::Weight, Ordering::Greater, "71"), "up from 71");
    }

    #[test]
    fn a_wait_is_told_with_its_own_time() {
        for (s, said) in [(1, "1 second"), (42, "42 seconds")] {
            for error in [
                AppError::Overloaded { retry_after_s: s },
                AppError::TooManyRequests { retry_after_s: s },
            ] {
                let words = problem(&error);
                assert!(words.text.ends_with(&format!("Try again in {said}.")), "{words:?}");
            }
        }
    }

    #[test]
    fn names_yesterday_and_older_days() {
        let yesterday = WallClock { day: 20, day_number: NOW.day_number - 1, ..NOW };
        assert_eq!(time_exact(yesterday, NOW), "Yesterday, 20:15");
        let older = WallClock { day: 3, month: 0, day_number: NOW.day_number - 322, ..NOW };
        assert_eq!(time_exact(older, NOW), "3 Jan, 20:15");
        let last_year = WallClock { year: 2025, ..older };
        assert_eq!(time_exact(last_year, NOW), "3 Jan 2025, 20:15");
    }

    #[test]
    fn the_servers_time_leaves_out_what_goes_without_saying() {
        let at: Timestamp = "2026-11-01T23:05:00Z".parse().expect("a time");
        let later = Some("2026-11-27T08:00:00Z".parse().expect("a time"));
        let next_year = Some("2027-01-02T08:00:00Z".parse().expect("a time"));
        assert_eq!(time_utc(at, later, false), "1 Nov, 23:05 UTC");
        assert_eq!(time_utc(at, next_year, false), "1 Nov 2026, 23:05 UTC");
        assert_eq!(time_utc(at, None, false), "1 Nov 2026, 23:05 UTC");
        assert_eq!(time_utc(at, later, true), "23:05 UTC");
    }

    #[test]
    fn rounds_ages_down() {
        assert_eq!(age(59_999), "just now");
        assert_eq!(age(60_000), "1 min ago");
        assert_eq!(age(3_599_999), "59 min ago");
        assert_eq!(age(3_600_000), "1 h ago");
        assert_eq!(age(47 * 3_600_000), "1 day ago");
        assert_eq!(age(48 * 3_600_000), "2 days ago");
    }

    #[test]
    fn a_time_ahead_is_never_just_now() {
        assert_eq!(age(-59_999), "just now", "clocks differ by seconds");
        assert_eq!(age(-60_000), "in 1 min");
        assert_eq!(age(-20 * 60_000), "in 20 min");
        assert_eq!(age(-3 * 3_600_000), "in 3 h");
        assert_eq!(age(-50 * 3_600_000), "in 2 days");
        assert_eq!(age(i64::MIN), format!("in {} days", i64::MIN.unsigned_abs() / 86_400_000));
    }
}
