//! What requests cost, and how many of a kind are worked on at once: one table each.

use axum::http::Method;

use super::observation_paths;

/// A kind of request, by the work it causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// Whether the server lives and can work.
    Health,
    /// The administrator's hand on the circuit breaker.
    Control,
    /// Signing in, registering, new passwords: one is hashed, with 19 MiB and a core.
    SignIn,
    /// A live stream, which stays open.
    Stream,
    /// A change.
    Write,
    /// A read by the API.
    Read,
    /// A server function that is not listed as anything else.
    Function,
    /// A built file.
    File,
    /// A page, rendered here.
    Page,
}

/// The terms of a [`Component`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Its name in metrics.
    pub name: &'static str,
    /// What one request costs of the quota, in units.
    pub units: u32,
    /// How many are worked on at once; more are told to come back.
    pub at_once: usize,
    /// Whether the circuit breaker lets it pass always, uncounted.
    pub passes_breaker: bool,
}

const fn terms(name: &'static str, units: u32, at_once: usize) -> Terms {
    Terms { name, units, at_once, passes_breaker: false }
}

/// Live streams that one user may have open: a dashboard in as many windows.
pub const STREAMS_PER_USER: usize = 16;
/// Live streams from one address (IPv6: one /64), which may be that of a whole clinic.
pub const STREAMS_PER_ADDRESS: usize = 256;

impl Component {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Health,
        Self::Control,
        Self::SignIn,
        Self::Stream,
        Self::Write,
        Self::Read,
        Self::Function,
        Self::File,
        Self::Page,
    ];

    /// Its terms.
    #[must_use]
    pub const fn terms(self) -> Terms {
        match self {
            Self::Health => Terms { passes_breaker: true, ..terms("health", 0, 256) },
            Self::Control => Terms { passes_breaker: true, ..terms("control", 1, 8) },
            // Most of them wait for their turn at hashing.
            Self::SignIn => terms("sign-in", 10, 64),
            Self::Stream => terms("stream", 1, 1_024),
            // They share commits: many at once are quicker than few.
            Self::Write => terms("write", 2, 256),
            Self::Read => terms("read", 1, 128),
            Self::Function => terms("function", 1, 128),
            Self::File => terms("file", 1, 128),
            // Rendering waits for nothing but the processor.
            Self::Page => terms("page", 1, 64),
        }
    }

    /// The component that does the work of such a request.
    #[must_use]
    pub fn of(method: &Method, path: &str) -> Self {
        if observation_paths::written(method, path).is_some() {
            return Self::Write;
        }
        let rule = RULES.iter().find(|rule| {
            rule.methods.is_none_or(|methods| methods.contains(method)) && rule.path.matches(path)
        });
        rule.map_or(Self::Page, |rule| rule.component)
    }
}

/// Which requests belong to a component. The first that matches counts; the rest are pages.
struct Rule {
    methods: Option<&'static [Method]>,
    path: Path,
    component: Component,
}

enum Path {
    Is(&'static str),
    Under(&'static str),
    /// The last part has an ending.
    NamesAFile,
}

impl Path {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Is(exactly) => path == *exactly,
            Self::Under(prefix) => path.starts_with(prefix),
            Self::NamesAFile => path.rsplit('/').next().is_some_and(|last| last.contains('.')),
        }
    }
}

const fn any(path: Path, component: Component) -> Rule {
    Rule { methods: None, path, component }
}

const READING: &[Method] = &[Method::GET, Method::HEAD, Method::OPTIONS];

static RULES: [Rule; 28] = [
    any(Path::Under("/health/"), Component::Health),
    any(Path::Under("/api/breaker"), Component::Control),
    any(Path::Under("/fn/clinician/breaker"), Component::Control),
    // The page with it: it needs no files, so that it can be used while they are refused.
    any(Path::Is("/operation"), Component::Control),
    any(Path::Is("/api/login"), Component::SignIn),
    any(Path::Is("/api/password"), Component::SignIn),
    Rule {
        methods: Some(&[Method::POST]),
        path: Path::Is("/api/staff"),
        component: Component::SignIn,
    },
    any(Path::Is("/api/staff/reset"), Component::SignIn),
    any(Path::Is("/fn/session/sign_in"), Component::SignIn),
    any(Path::Is("/fn/session/change_password"), Component::SignIn),
    any(Path::Is("/fn/patient/create_account"), Component::SignIn),
    any(Path::Is("/fn/clinician/create_staff"), Component::SignIn),
    any(Path::Is("/fn/clinician/reset_staff"), Component::SignIn),
    any(Path::Is("/api/alerts/stream"), Component::Stream),
    any(Path::Is("/fn/patient/withdraw_observation"), Component::Write),
    any(Path::Is("/fn/session/end_session"), Component::Write),
    any(Path::Is("/fn/session/sign_out_everywhere"), Component::Write),
    any(Path::Is("/fn/clinician/acknowledge_alert"), Component::Write),
    any(Path::Is("/fn/clinician/release_alert"), Component::Write),
    any(Path::Is("/fn/clinician/open_in_emergency"), Component::Write),
    any(Path::Is("/fn/clinician/disable_staff"), Component::Write),
    any(Path::Under("/api/docs/"), Component::File),
    // Posts, because what they look for may not stand in an address.
    any(Path::Is("/api/audit/search"), Component::Read),
    any(Path::Is("/api/audit/export"), Component::Read),
    Rule { methods: Some(READING), path: Path::Under("/api/"), component: Component::Read },
    any(Path::Under("/api/"), Component::Write),
    any(Path::Under("/fn/"), Component::Function),
    any(Path::NamesAFile, Component::File),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_belongs_to_the_component_that_works_on_it() {
        for (method, path, component) in [
            (Method::GET, "/health/live", Component::Health),
            (Method::POST, "/api/breaker/reset", Component::Control),
            (Method::POST, "/fn/clinician/breaker_reset", Component::Control),
            (Method::GET, "/operation", Component::Control),
            (Method::POST, "/api/login", Component::SignIn),
            (Method::POST, "/fn/patient/create_account", Component::SignIn),
            (Method::POST, "/api/staff", Component::SignIn),
            (Method::GET, "/api/staff", Component::Read),
            (Method::GET, "/api/alerts/stream", Component::Stream),
            (Method::POST, "/api/observations", Component::Write),
            (Method::POST, "/fn/patient/submit_observation", Component::Write),
            (Method::GET, "/api/observations", Component::Read),
            (Method::POST, "/api/audit/search", Component::Read),
            (Method::DELETE, "/api/anything", Component::Write),
            (Method::POST, "/fn/clinician/alerts", Component::Function),
            (Method::POST, "/fn/clinician/acknowledge_alert", Component::Write),
            (Method::GET, "/pkg/healthflow.wasm", Component::File),
            (Method::GET, "/api/docs/try.js", Component::File),
            (Method::GET, "/send/weight", Component::Page),
            (Method::GET, "/", Component::Page),
        ] {
            assert_eq!(Component::of(&method, path), component, "{method} {path}");
        }
    }

    #[test]
    fn nothing_but_health_is_free() {
        for component in Component::ALL {
            assert_eq!(component.terms().units == 0, component == Component::Health);
            assert!(component.terms().at_once > 0);
        }
    }
}
