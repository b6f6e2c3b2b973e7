//! The cookies in which a browser keeps forms that come back, each for [`KEPT_S`] seconds at most.

use app::backend::{Audience, Caller, CookieKind};
use app::widgets::TypedForm;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum_extra::extract::CookieJar;
use domain::ids::SessionId;
use serde::{Deserialize, Serialize};

use crate::identity::sealed::{Purpose, Sealer};
use crate::service::Service;

/// How long what was typed is kept, in seconds: long enough to read what is wrong.
const KEPT_S: u64 = 10 * 60;
/// The longest value of a cookie, in bytes: with its name and attributes it stays below the 4,096
/// that every browser keeps.
const COOKIE_MAX_BYTES: usize = 3_800;
/// How much is kept of one form, sealed, in bytes: a note of the greatest length in any script fits in,
/// with all that stands around it. It takes a second cookie; both with those of the session stay
/// below the 8 KiB that proxies let a browser say in one header.
const SEALED_FORM_MAX_BYTES: usize = 6_000;
/// Ends the value of a cookie that goes on in another one; no sealed text has it.
const GOES_ON: char = '~';

/// What a cookie holds, sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Until when it may be shown, in milliseconds since 1970.
    until_ms: u64,
    /// The login of whoever may see it, where it was sealed in no session.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) owner: String,
    pub(super) form: TypedForm,
}

/// Seals forms for the browser that asks, and opens them.
pub(super) struct Keeper<'a> {
    pub(super) service: &'a Service,
    pub(super) audience: Audience,
    pub(super) session: Option<SessionId>,
}

impl<'a> Keeper<'a> {
    /// For the browser that sent a request with these extensions.
    pub(super) fn of(service: &'a Service, audience: Audience, extensions: &Extensions) -> Self {
        let caller = extensions.get::<Caller>();
        let principal = caller.and_then(|caller| caller.principal.as_ref());
        Self { service, audience, session: principal.map(|principal| principal.session_id) }
    }

    /// Lets the browser keep `form`. Whoever signs in as its `owner` opens what is kept unsent; all
    /// else belongs to the session.
    pub(super) fn put(
        &self,
        response: &mut Response,
        kind: CookieKind,
        owner: String,
        form: TypedForm,
    ) {
        let until_ms = self.service.commands.clock.unix_ms() + KEPT_S * 1_000;
        let (purpose, session) = self.sealed_for(kind);
        let value = sealed(&self.service.sealer, purpose, session, Kept { until_ms, owner, form });
        let Some(value) = value else { return };
        let (first, rest) = in_two(value);
        set(response, &self.audience.set_cookie(kind, &first, KEPT_S));
        if let Some(rest) = rest {
            set(response, &self.audience.set_cookie(rest_of(kind), &rest, KEPT_S));
        }
    }

    /// What the browser has kept.
    pub(super) fn kept(&self, headers: &HeaderMap) -> KeptForms {
        let jar = CookieJar::from_headers(headers);
        let now_ms = self.service.commands.clock.unix_ms();
        let cookie = |kind| Some(jar.get(&self.audience.cookie_name(kind))?.value());
        let open = |kind| {
            let (purpose, session) = self.sealed_for(kind);
            let value = in_one(cookie(kind)?, cookie(rest_of(kind)))?;
            opened(&self.service.sealer, purpose, session, &value, now_ms)
        };
        KeptForms {
            audience: self.audience,
            typed: open(CookieKind::Typed),
            unsent: open(CookieKind::Unsent),
            cookies: ALL.into_iter().filter(|kind| cookie(*kind).is_some()).collect(),
        }
    }

    fn sealed_for(&self, kind: CookieKind) -> (Purpose, Option<SessionId>) {
        match kind {
            CookieKind::Unsent => (Purpose::UnsentForm, None),
            _ => (Purpose::TypedForm, self.session),
        }
    }
}

/// The forms that a browser has kept, as far as they can be opened here and now.
pub(super) struct KeptForms {
    audience: Audience,
    pub(super) typed: Option<Kept>,
    pub(super) unsent: Option<Kept>,
    /// Those of the cookies that there are, whatever they hold.
    cookies: Vec<CookieKind>,
}

impl KeptForms {
    /// The `Set-Cookie` values that take away what the browser has kept of this kind.
    pub(super) fn taken_away(&self, kind: CookieKind) -> impl Iterator<Item = String> {
        let there = [kind, rest_of(kind)].into_iter().filter(|kind| self.cookies.contains(kind));
        there.map(|kind| self.audience.set_cookie(kind, "", 0))
    }

    /// Lets the browser forget the forms that are served by this `response`.
    pub(super) fn forget_served(
        &self,
        response: &mut Response,
        is_served: impl Fn(&TypedForm) -> bool,
    ) {
        for (kind, kept) in [(CookieKind::Typed, &self.typed), (CookieKind::Unsent, &self.unsent)] {
            if kept.as_ref().is_some_and(|kept| is_served(&kept.form)) {
                self.taken_away(kind).for_each(|cookie| set(response, &cookie));
            }
        }
    }
}

const ALL: [CookieKind; 4] =
    [CookieKind::Typed, CookieKind::TypedRest, CookieKind::Unsent, CookieKind::UnsentRest];

/// The cookie in which one of this kind goes on.
fn rest_of(kind: CookieKind) -> CookieKind {
    match kind {
        CookieKind::Unsent => CookieKind::UnsentRest,
        _ => CookieKind::TypedRest,
    }
}

/// What one cookie holds of a sealed text, and another one, if it goes on.
fn in_two(mut value: String) -> (String, Option<String>) {
    if value.len() <= COOKIE_MAX_BYTES {
        return (value, None);
    }
    let rest = value.split_off(COOKIE_MAX_BYTES - 1);
    value.push(GOES_ON);
    (value, Some(rest))
}

/// The sealed text of these cookies. One that is left of an earlier form does not belong to it.
fn in_one(first: &str, rest: Option<&str>) -> Option<String> {
    match first.strip_suffix(GOES_ON) {
        Some(first) => rest.map(|rest| format!("{first}{rest}")),
        None => Some(first.to_owned()),
    }
}

fn set(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// What the cookies hold. Of what is too long for them the longest fields are left out, whole: half a
/// note, taken for all of it, would be worse than none. The page says so. `None` where even the
/// rest is too long.
fn sealed(
    sealer: &Sealer,
    purpose: Purpose,
    session: Option<SessionId>,
    mut kept: Kept,
) -> Option<String> {
    loop {
        let text = serde_json::to_string(&kept).ok()?;
        let value = sealer.seal(purpose, session, &text).ok()?;
        if value.len() <= SEALED_FORM_MAX_BYTES {
            return Some(value);
        }
        let fields = kept.form.fields.iter().enumerate();
        let (longest, _) = fields.max_by_key(|(_, (_, text))| text.len())?;
        kept.form.fields.remove(longest);
        kept.form.is_cut = true;
    }
}

/// What a sealed text holds, if it was sealed so and its time is not over.
fn opened(
    sealer: &Sealer,
    purpose: Purpose,
    session: Option<SessionId>,
    value: &str,
    now_ms: u64,
) -> Option<Kept> {
    let text = sealer.open(purpose, session, value)?;
    let kept: Kept = serde_json::from_str(&text).ok()?;
    (now_ms < kept.until_ms).then_some(kept)
}

#[cfg(test)]
mod tests {
    use app::error::AppError;
    use domain::note::NOTE_MAX_CHARS;
    use uuid::Uuid;

    use super::*;
    use crate::identity::signing_keys::SigningKeys;

    fn sealer() -> Sealer {
        let keys = SigningKeys { current: "a secret".to_owned(), previous: None };
        Sealer::new(&keys).expect("a sealer")
    }

    fn kept(note: &str) -> Kept {
        let field = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let form = TypedForm {
            id: Some("1".to_owned()),
            page: "/send/weight".to_owned(),
            function: "/fn/patient/submit_observation".to_owned(),
            fields: vec![field("value", "70"), field("note", note)],
            is_cut: false,
            refusal: Some(AppError::Unavailable),
        };
        Kept { until_ms: 1_000, owner: String::new(), form }
    }

    #[test]
    fn what_was_typed_comes_back_in_its_session_until_its_time_is_over() {
        let (sealer, session) = (sealer(), Some(SessionId(Uuid::from_u128(1))));
        let seal = |kept| sealed(&sealer, Purpose::TypedForm, session, kept).expect("sealed");
        let value = seal(kept("after lunch"));
        let open = |session, now_ms| {
            let kept = opened(&sealer, Purpose::TypedForm, session, &value, now_ms)?;
            Some(kept.form)
        };
        assert_eq!(open(session, 999), Some(kept("after lunch").form));
        assert_eq!(open(session, 1_000), None);
        assert_eq!(open(None, 999), None);
        assert!(opened(&sealer, Purpose::UnsentForm, session, &value, 999).is_none());
    }

    fn back(note: &str) -> TypedForm {
        let sealer = sealer();
        let value = sealed(&sealer, Purpose::TypedForm, None, kept(note)).expect("sealed");
        let (first, rest) = in_two(value.clone());
        for cookie in [Some(&first), rest.as_ref()].into_iter().flatten() {
            assert!(cookie.len() <= COOKIE_MAX_BYTES);
        }
        assert_eq!(in_one(&first, rest.as_deref()).as_ref(), Some(&value));
        opened(&sealer, Purpose::TypedForm, None, &value, 0).expect("opened").form
    }

    #[test]
    fn a_note_of_the_greatest_length_comes_back_in_any_script() {
        for letter in ["a", "é", "診", "😀", "\"", "\r\n"] {
            let note = letter.repeat(NOTE_MAX_CHARS / letter.chars().count());
            assert_eq!(back(&note), kept(&note).form, "{letter}");
        }
    }

    #[test]
    fn what_no_cookie_holds_is_left_out_whole_and_the_page_says_so() {
        let value_alone = back(&"a".repeat(9_000));
        assert_eq!(value_alone.fields, [("value".to_owned(), "70".to_owned())]);
        assert!(value_alone.is_cut);
        assert_eq!(value_alone.refusal, Some(AppError::Unavailable), "what is wrong is still said");
        let mut endless = kept("");
        endless.form.refusal = Some(AppError::Conflict("a".repeat(9_000)));
        assert!(sealed(&sealer(), Purpose::TypedForm, None, endless).is_none());
    }

    #[test]
    fn what_is_left_of_an_earlier_form_is_no_part_of_a_shorter_one() {
        assert_eq!(in_one("short", Some("old")).as_deref(), Some("short"));
        assert_eq!(in_one("long~", None), None);
    }
}
