//! One function for each parser of outside input: it takes any bytes, and panics when the parser
//! does, or when what the parser promises does not hold.
//!
//! The fuzz targets beside this file feed them by libFuzzer, for as long as one likes
//! (`tools/fuzz`). The server's tests include this file and feed them the seeds and some thousand
//! changes of each.

use std::net::IpAddr;
use std::str::from_utf8;
use std::sync::{Arc, LazyLock};

use app::backend::Submission;
use app::error::AppError;
use app::functions::{clinician, patient, session};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use axum_extra::extract::CookieJar;
use domain::alert_limits::AlertPolicy;
use domain::event::Envelope;
use domain::field_error::FieldError;
use domain::login::{LOGIN_MAX_CHARS, Login, SoughtLogin};
use domain::measurement::RawNumber;
use domain::timestamp::Timestamp;
use healthflow::clock::SystemClock;
use healthflow::http::api::parsers;
use healthflow::http::body::Fields;
use healthflow::http::client_addr::{ClientAddr, TrustedProxies};
use healthflow::identity::device;
use healthflow::identity::rotation::RefreshToken;
use healthflow::identity::sealed::{Purpose, SEALED_MAX_BYTES, Sealer};
use healthflow::identity::sign_in_throttle::{SignInThrottle, ThrottleLimits};
use healthflow::identity::signing_keys::SigningKeys;
use healthflow::identity::tokens::Tokens;
use healthflow::service::input;
use healthflow::store::cursor::{self, CURSOR_MAX_BYTES};
use healthflow::store::views::PAGE_MAX;
use leptos::server_fn::ServerFn;
use leptos::server_fn::codec::{FromReq, PostUrl};
use leptos::server_fn::error::ServerFnUrlError;
use serde_json::value::RawValue;

/// A target: what is fed with bytes.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its folder of seeds.
pub const TARGETS: [(&str, Target); 22] = [
    ("json_body", json_body),
    ("login_body", login_body),
    ("observation_body", observation_body),
    ("audit_body", audit_body),
    ("query_string", query_string),
    ("cursor", cursor_text),
    ("last_event_id", last_event_id),
    ("idempotency_key", idempotency_key),
    ("if_match", if_match),
    ("token", token),
    ("refresh_token", refresh_token),
    ("sealed_text", sealed_text),
    ("cookie_header", cookie_header),
    ("user_agent", user_agent),
    ("proxy_headers", proxy_headers),
    ("device_token", device_token),
    ("timestamp", timestamp),
    ("account_fields", account_fields),
    ("typed_number", typed_number),
    ("form_body", form_body),
    ("address_of_form", address_of_form),
    ("stored_event", stored_event),
];

/// The secret of the tokens among the seeds, which have all expired.
const SECRET: &str = "the secret of the fuzz targets, no other";
static TOKENS: LazyLock<Tokens> = LazyLock::new(|| Tokens::new(&keys(), 600));
static SEALER: LazyLock<Sealer> = LazyLock::new(|| match Sealer::new(&keys()) {
    Ok(sealer) => sealer,
    Err(error) => panic!("{error}"),
});

fn keys() -> SigningKeys {
    SigningKeys { current: SECRET.to_owned(), previous: None }
}

/// A fault is made for its reader: it has a field, and it does not repeat at length what was sent.
fn assert_fit_to_show(faults: &[FieldError]) {
    assert!(!faults.is_empty(), "refused without a reason");
    for fault in faults {
        assert!(fault.field.chars().count() <= 40, "a long field name is repeated");
        assert!(!fault.message.is_empty() && fault.message.chars().count() < 400);
    }
}

/// The JSON object of a request, field by field.
pub fn json_body(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let known = ["score", "note"];
    match Fields::parse(text, &known) {
        Ok(fields) => {
            for name in known {
                let _ = (fields.text(name), fields.number(name), fields.flag(name));
            }
            let whole = serde_json::from_str::<&RawValue>(text.trim_ascii());
            let is_object = whole.is_ok_and(|value| value.get().starts_with('{'));
            assert!(is_object, "took what is no JSON object");
        }
        Err(faults) => assert_fit_to_show(&faults),
    }
}

/// The body of `POST /api/login`.
pub fn login_body(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    match parsers::login_body(text) {
        Ok((username, password, _)) => {
            assert!(!username.trim().is_empty() && !password.trim().is_empty());
            let _ = Login::parse(&username);
        }
        Err(faults) => assert_fit_to_show(&faults),
    }
}

/// The body of `POST /api/observations`, judged to the end.
pub fn observation_body(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    match parsers::observation_body(text) {
        Ok(submission) => check_submission(&submission),
        Err(faults) => assert_fit_to_show(&faults),
    }
}

fn check_submission(submission: &Submission) {
    let Some(now) = Timestamp::from_unix_ms(1_795_000_000_000) else { return };
    let policy = AlertPolicy { symptom_score_above: 7 };
    match input::check_submission(submission, &policy, now) {
        Ok(checked) => {
            // What is accepted is stored, and must be understood again.
            let stored = serde_json::to_string(&checked.measurement).unwrap_or_default();
            let read = serde_json::from_str(&stored);
            assert!(read.is_ok_and(|read: domain::measurement::Measurement| {
                read == checked.measurement
            }));
            assert!(!checked.measurement.to_string().is_empty());
            let at = checked.around.effective_at;
            assert!(at.is_none_or(|at| at.to_string().parse() == Ok(at)));
        }
        Err(AppError::Invalid(faults)) => assert_fit_to_show(&faults),
        Err(other) => panic!("judging alone cannot end in {other}"),
    }
}

/// The body of a search in the audit log: each field once, and of its kind.
pub fn audit_body(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    match parsers::audit_body(text) {
        Ok(fields) => {
            let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            assert!(names.iter().enumerate().all(|(at, name)| !names[..at].contains(name)));
            let denied = fields.iter().find(|(name, _)| name == "denied");
            assert!(denied.is_none_or(|(_, flag)| flag == "true" || flag == "false"));
        }
        Err(faults) => assert_fit_to_show(&faults),
    }
}

/// The query of the lists.
pub fn query_string(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Ok(page) = parsers::page_of_query(text) else { return };
    if let Ok((limit, _)) = input::check_page(&page) {
        assert!((1..=PAGE_MAX).contains(&limit));
    }
}

/// A cursor.
pub fn cursor_text(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    match cursor::decode(text) {
        Ok(key) => {
            assert!(!key.is_empty() && text.len() <= CURSOR_MAX_BYTES);
            assert_eq!(cursor::encode(&key), text, "two cursors lead to one place");
        }
        Err(fault) => assert_fit_to_show(&[fault]),
    }
}

fn header_with(name: HeaderName, data: &[u8]) -> Option<HeaderMap> {
    Some(HeaderMap::from_iter([(name, HeaderValue::from_bytes(data).ok()?)]))
}

/// The header `Last-Event-ID`, and the look back from the place in it.
pub fn last_event_id(data: &[u8]) {
    let Some(headers) = header_with(HeaderName::from_static("last-event-id"), data) else { return };
    if let Ok(Some(place)) = parsers::last_event_id(&headers) {
        assert!(!parsers::look_back_from(&place).is_empty());
    }
}

/// The header `Idempotency-Key`, as the API and as a form bring it.
pub fn idempotency_key(data: &[u8]) {
    let name = HeaderName::from_static("idempotency-key");
    let Some(headers) = header_with(name, data) else { return };
    let key = parsers::idempotency_key(&headers);
    check_submission(&Submission { idempotency_key: key, ..Submission::default() });
}

/// The header `If-Match`: whatever else it names than a version is refused in words.
pub fn if_match(data: &[u8]) {
    let Some(headers) = header_with(HeaderName::from_static("if-match"), data) else { return };
    match parsers::based_on(&headers) {
        Ok(Some(version)) => {
            let text = String::from_utf8_lossy(data);
            assert!(text.contains(&version.to_string()), "another version");
        }
        Ok(None) => assert_eq!(data, b"*", "a condition is passed over"),
        Err(fault) => assert_fit_to_show(&[fault]),
    }
}

/// A bearer token. Nobody without the secret makes one that holds.
pub fn token(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    assert!(TOKENS.verify(text).is_none(), "a forged or expired token is accepted");
}

/// A refresh token: what is read is written the same, and nobody without the key makes one.
pub fn refresh_token(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    if let Some(token) = RefreshToken::parse(text) {
        assert_eq!(token.text(), text, "two texts are one token");
        assert!(!token.is_ours([SECRET].into_iter()), "a forged token is ours");
    }
}

/// A sealed text in an address or a cookie. Nobody without the secret makes one that opens.
pub fn sealed_text(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    for purpose in [Purpose::AuditQuery, Purpose::TypedForm] {
        assert!(SEALER.open(purpose, None, text).is_none(), "a forged text opens");
        let sealed = SEALER.seal(purpose, None, text).unwrap_or_default();
        let opened = SEALER.open(purpose, None, &sealed);
        let is_too_long = sealed.len() > SEALED_MAX_BYTES;
        assert!(is_too_long || opened.as_deref() == Some(text), "what was sealed does not open");
    }
}

/// The header `Cookie`.
pub fn cookie_header(data: &[u8]) {
    let Some(headers) = header_with(header::COOKIE, data) else { return };
    let jar = CookieJar::from_headers(&headers);
    for cookie in jar.iter() {
        token(cookie.value().as_bytes());
        sealed_text(cookie.value().as_bytes());
        refresh_token(cookie.value().as_bytes());
    }
}

/// The headers in which proxies say where a request comes from. Nobody but a trusted proxy is
/// believed, and what it adds at the right counts, whatever the client wrote to the left of it.
pub fn proxy_headers(data: &[u8]) {
    let (proxy, stranger) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([192, 0, 2, 7]));
    let Ok(network) = "10.0.0.0/8".parse() else { return };
    let trusted = TrustedProxies::new([network]);
    for (name, added) in [("x-forwarded-for", ", 192.0.2.7"), ("forwarded", ", for=192.0.2.7")] {
        let name = HeaderName::from_static(name);
        let whole = [data, added.as_bytes()].concat();
        let Some(headers) = header_with(name.clone(), &whole) else { continue };
        assert_eq!(ClientAddr::find(stranger, &headers, &trusted).0, stranger);
        assert_eq!(ClientAddr::find(proxy, &headers, &trusted).0, stranger);
        let Some(headers) = header_with(name, data) else { continue };
        let _ = ClientAddr::find(proxy, &headers, &trusted).counted();
    }
}

/// The header `User-Agent`, from which a session gets the name its owner sees.
pub fn user_agent(data: &[u8]) {
    let Some(headers) = header_with(header::USER_AGENT, data) else { return };
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let shown = device::in_words(text);
    assert!(!shown.trim().is_empty() && shown.chars().count() <= 60);
    assert!(!shown.contains(char::is_control));
}

/// A device token: nobody without the key makes one, so it opens no attempts beyond those of
/// strangers.
pub fn device_token(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let limits = ThrottleLimits {
        failures_per_account: 1,
        failures_per_address: 0,
        registrations_per_address: 0,
    };
    let throttle = SignInThrottle::new(SECRET.as_bytes(), limits, Arc::new(SystemClock));
    let addr = ClientAddr(IpAddr::from([192, 0, 2, 1]));
    assert!(throttle.check(addr, "anna", None).is_ok());
    assert!(throttle.check(addr, "anna", Some(text)).is_err(), "a forged device is known");
}

/// A date and time.
pub fn timestamp(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Ok(at) = text.parse::<Timestamp>() else { return };
    assert_eq!(at.to_string().parse(), Ok(at), "what is written is not what was read");
    let later = at.plus_minutes(1);
    assert!(later >= at);
    if let Some(utc) = Timestamp::from_unix_ms(at.unix_ms()) {
        assert_eq!(utc.sort_key(), at.sort_key(), "one instant has two keys");
        assert_eq!(utc.in_words_utc(), at.in_words_utc());
    }
}

/// Login names and e-mail addresses.
pub fn account_fields(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    match Login::parse(text) {
        Ok(login) => {
            assert!((1..=LOGIN_MAX_CHARS).contains(&login.shown().chars().count()));
            let again = Login::parse(login.shown());
            assert!(again.is_ok_and(|again| again == login), "its own name is refused");
            let again = Login::parse(login.key());
            assert!(again.is_ok_and(|again| again.key() == login.key()), "its key is another's");
            let found = SoughtLogin::parse(text).map(|sought| sought.keys().to_vec());
            let found = found.is_ok_and(|keys| keys.iter().any(|key| key == login.key()));
            assert!(found, "it is not found by its name");
        }
        Err(fault) => assert_fit_to_show(&[fault]),
    }
    match input::check_email(text) {
        Ok(email) => assert!(email.is_none_or(|email| email.contains('@'))),
        Err(fault) => assert_fit_to_show(&[fault]),
    }
}

/// A number as somebody typed it.
pub fn typed_number(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    // What is read can be written down and read again.
    if let RawNumber::Number(number) = RawNumber::from_typed(text) {
        assert_eq!(
            RawNumber::from_json(&number.abs().to_string()),
            RawNumber::Number(number.abs())
        );
    }
}

/// The body of every form and server function.
pub fn form_body(data: &[u8]) {
    read_form::<session::SignIn>(data);
    read_form::<session::SignOut>(data);
    read_form::<session::SignOutEverywhere>(data);
    read_form::<session::CurrentUser>(data);
    read_form::<session::StaySignedIn>(data);
    read_form::<session::ChangePassword>(data);
    read_form::<session::MySessions>(data);
    read_form::<session::EndSession>(data);
    read_form::<patient::CreateAccount>(data);
    read_form::<patient::SubmitObservation>(data);
    read_form::<patient::Observation>(data);
    read_form::<patient::MyObservations>(data);
    read_form::<patient::Disclosures>(data);
    read_form::<patient::FormStart>(data);
    read_form::<patient::CorrectObservation>(data);
    read_form::<patient::WithdrawObservation>(data);
    read_form::<clinician::Alerts>(data);
    read_form::<clinician::AcknowledgeAlert>(data);
    read_form::<clinician::PatientObservations>(data);
    read_form::<clinician::OpenInEmergency>(data);
    read_form::<clinician::Emergencies>(data);
    read_form::<clinician::OpenEmergencies>(data);
    read_form::<clinician::Staff>(data);
    read_form::<clinician::CreateStaff>(data);
    read_form::<clinician::DisableStaff>(data);
    read_form::<clinician::ResetStaff>(data);
    read_form::<clinician::Breaker>(data);
    read_form::<clinician::BreakerHold>(data);
    read_form::<clinician::BreakerReset>(data);
    read_form::<clinician::FindInAudit>(data);
    read_form::<clinician::AuditLog>(data);
}

fn read_form<F>(data: &[u8])
where
    F: ServerFn<Error = AppError> + FromReq<PostUrl, Request<Body>, AppError>,
{
    let request = Request::new(Body::from(data.to_vec()));
    match futures::executor::block_on(F::from_req(request)) {
        Ok(_) => {}
        Err(AppError::Invalid(faults)) => assert_fit_to_show(&faults),
        // Bytes that are no UTF-8.
        Err(AppError::Connection) => {}
        Err(other) => panic!("reading alone cannot end in {other}"),
    }
}

/// The address of the page with a form, as the browser says it, which the server functions read.
pub fn address_of_form(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let refused = ServerFnUrlError::new("/fn", AppError::NotFound);
    let _ = refused.to_url(text);
    let mut referer = text.to_owned();
    ServerFnUrlError::<AppError>::strip_error_info(&mut referer);
}

/// A stored event, of today or of an older schema.
pub fn stored_event(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Ok(envelope) = Envelope::decode(text) else { return };
    let written = serde_json::to_string(&envelope).unwrap_or_default();
    let read = Envelope::decode(&written);
    assert!(read.is_ok_and(|read| read == envelope), "what is written is not what was read");
}
