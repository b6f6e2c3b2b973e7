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
/// The longest value of the cookie, in bytes: with its name and attributes it stays below the 4,096
/// that every browser keeps.
const COOKIE_MAX_BYTES: usize = 3_800;

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
        if let Some(value) = value {
            set(response, &self.audience.set_cookie(kind, &value, KEPT_S));
        }
    }

    /// What the browser has kept.
    pub(super) fn kept(&self, headers: &HeaderMap) -> KeptForms {
        let jar = CookieJar::from_headers(headers);
        let now_ms = self.service.commands.clock.unix_ms();
        let cookie = |kind| jar.get(&self.audience.cookie_name(kind));
        let open = |kind| {
            let (purpose, session) = self.sealed_for(kind);
            opened(&self.service.sealer, purpose, session, cookie(kind)?.value(), now_ms)
        };
        KeptForms {
            audience: self.audience,
            typed: open(CookieKind::Typed),
            unsent: open(CookieKind::Unsent),
            cookies: [CookieKind::Typed, CookieKind::Unsent].map(|kind| cookie(kind).is_some()),
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
    /// Whether there is a cookie, whatever it holds: for what was refused, and what is unsent.
    cookies: [bool; 2],
}

impl KeptForms {
    /// Whether the browser has sent such a cookie, whatever it holds.
    pub(super) fn has(&self, kind: CookieKind) -> bool {
        self.cookies[usize::from(kind == CookieKind::Unsent)]
    }

    /// Lets the browser forget the forms that are served by this `response`.
    pub(super) fn forget_served(
        &self,
        response: &mut Response,
        is_served: impl Fn(&TypedForm) -> bool,
    ) {
        for (kind, kept) in [(CookieKind::Typed, &self.typed), (CookieKind::Unsent, &self.unsent)] {
            if kept.as_ref().is_some_and(|kept| is_served(&kept.form)) {
                set(response, &self.audience.set_cookie(kind, "", 0));
            }
        }
    }
}

fn set(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// The cookie's value. Of what is too long for a cookie the longest fields are left out, whole: half
/// a note, taken for all of it, would be worse than none. `None` where even the rest is too long.
fn sealed(
    sealer: &Sealer,
    purpose: Purpose,
    session: Option<SessionId>,
    mut kept: Kept,
) -> Option<String> {
    loop {
        let text = serde_json::to_string(&kept).ok()?;
        let value = sealer.seal(purpose, session, &text).ok()?;
        if value.len() <= COOKIE_MAX_BYTES {
            return Some(value);
        }
        let fields = kept.form.fields.iter().enumerate();
        let (longest, _) = fields.max_by_key(|(_, (_, text))| text.len())?;
        kept.form.fields.remove(longest);
    }
}

/// What the cookie's value holds, if it was sealed so and its time is not over.
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

    #[test]
    fn what_no_cookie_holds_is_left_out_whole() {
        let sealer = sealer();
        let back = |note: &str| {
            let value = sealed(&sealer, Purpose::TypedForm, None, kept(note)).expect("sealed");
            assert!(value.len() <= COOKIE_MAX_BYTES);
            opened(&sealer, Purpose::TypedForm, None, &value, 0).expect("opened").form
        };
        assert_eq!(back(&"a".repeat(1_000)).fields.len(), 2, "a note of the greatest length");
        let value_alone = back(&"a".repeat(5_000));
        assert_eq!(value_alone.fields, [("value".to_owned(), "70".to_owned())]);
        assert_eq!(value_alone.refusal, Some(AppError::Unavailable), "what is wrong is still said");
        let mut endless = kept("");
        endless.form.refusal = Some(AppError::Conflict("a".repeat(5_000)));
        assert!(sealed(&sealer, Purpose::TypedForm, None, endless).is_none());
    }
}
