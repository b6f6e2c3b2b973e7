//! The web app a request came in on, and the cookies that app has.

use domain::access::Role;

use super::Session;

/// One of the two web apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebApp {
    /// The Patient web app.
    Patient,
    /// The Clinician dashboard, for all of a clinic's staff.
    Clinician,
}

impl WebApp {
    /// Whether people of this role sign in to this app.
    #[must_use]
    pub fn admits(self, role: Role) -> bool {
        match self {
            Self::Patient => role == Role::Patient,
            Self::Clinician => {
                matches!(role, Role::Clinician | Role::ClinicAdministrator | Role::Auditor)
            }
        }
    }

    /// The app's name in cookies and paths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Clinician => "clinician",
        }
    }
}

/// The app a request came in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Which one.
    pub app: WebApp,
    /// Whether its cookies may travel over TLS alone.
    pub secure_cookies: bool,
}

/// What a cookie of an app holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// The access token of the session.
    Access,
    /// The refresh token of the session.
    Refresh,
    /// The proof that this device has signed in before.
    Device,
    /// What was typed into a form that was refused.
    Typed,
    /// What of that no single cookie holds.
    TypedRest,
    /// What was typed into a form that was sent when nobody was signed in any more.
    Unsent,
    /// What of that no single cookie holds.
    UnsentRest,
}

impl Audience {
    /// The name of a cookie of the app. Cookies know no ports, so each app has its own. Over TLS
    /// the prefix `__Host-` makes the browser refuse one that another host has set.
    #[must_use]
    pub fn cookie_name(self, kind: CookieKind) -> String {
        let prefix = if self.secure_cookies { "__Host-" } else { "" };
        let suffix = match kind {
            CookieKind::Access => "",
            CookieKind::Refresh => "_refresh",
            CookieKind::Device => "_device",
            CookieKind::Typed => "_typed",
            CookieKind::TypedRest => "_typed_rest",
            CookieKind::Unsent => "_unsent",
            CookieKind::UnsentRest => "_unsent_rest",
        };
        format!("{prefix}healthflow_{}{suffix}", self.app.name())
    }

    /// The `Set-Cookie` value that holds `value` for `max_age_s` seconds; an empty value and 0
    /// take it away.
    #[must_use]
    pub fn set_cookie(self, kind: CookieKind, value: &str, max_age_s: u64) -> String {
        let name = self.cookie_name(kind);
        let secure = if self.secure_cookies { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}")
    }

    /// The `Set-Cookie` values that give a browser its session.
    #[must_use]
    pub fn cookies_of(self, session: &Session) -> Vec<String> {
        let mut cookies =
            vec![self.set_cookie(CookieKind::Access, &session.access_token, session.expires_in_s)];
        if let Some(token) = &session.refresh_token {
            let max_age_s = session.refresh_expires_in_s;
            cookies.push(self.set_cookie(CookieKind::Refresh, token, max_age_s));
        }
        if let Some(token) = &session.device_token {
            cookies.push(self.set_cookie(CookieKind::Device, token, DEVICE_COOKIE_S));
        }
        cookies
    }

    /// The `Set-Cookie` values that take a session away.
    #[must_use]
    pub fn no_session(self) -> Vec<String> {
        [CookieKind::Access, CookieKind::Refresh].map(|kind| self.set_cookie(kind, "", 0)).into()
    }
}

/// A form that was sent when its owner was signed out. Who signs in finds it as a context, and what it
/// holds is shown to its owner alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingForm {
    /// The login of whoever its page was rendered for.
    pub owner: String,
    /// The address at which it is shown again.
    pub place: String,
}

/// How long a device is known for having signed in, in seconds: 90 days.
const DEVICE_COOKIE_S: u64 = 90 * 24 * 3_600;
