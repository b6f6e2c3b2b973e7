use super::*;
use crate::clock::HandClock;

const LIMITS: ThrottleLimits = ThrottleLimits {
    failures_per_account: 3,
    failures_per_address: 5,
    registrations_per_address: 2,
};

fn throttle() -> (SignInThrottle, Arc<HandClock>) {
    let time = Arc::new(HandClock::default());
    (SignInThrottle::new(b"a key for tests", LIMITS, Arc::clone(&time) as _), time)
}

fn from(last: u8) -> ClientAddr {
    ClientAddr(IpAddr::from([192, 0, 2, last]))
}

fn fails(throttle: &SignInThrottle, addr: u8, login: &str, device: Option<&str>) -> bool {
    throttle.check(from(addr), login, device).map(Attempt::failed).is_ok()
}

#[test]
fn an_account_takes_so_many_failures_wherever_they_come_from() {
    let (throttle, _) = throttle();
    let made = (0..10).filter(|at| fails(&throttle, *at, "anna", None)).count();
    assert_eq!(made, 3);
    assert!(fails(&throttle, 0, "bert", None), "other accounts are not concerned");
}

#[test]
fn an_address_takes_so_many_failures_whatever_the_account() {
    let (throttle, _) = throttle();
    let made = (0..10).filter(|at| fails(&throttle, 1, &format!("user{at}"), None)).count();
    assert_eq!(made, 5);
    assert!(fails(&throttle, 2, "user9", None), "other addresses are not concerned");
}

#[test]
fn strangers_cannot_lock_the_owner_of_a_known_device_out() {
    let (throttle, _) = throttle();
    let device = throttle.device_token("anna");
    while fails(&throttle, 1, "anna", None) {}
    while fails(&throttle, 1, "bert", None) || fails(&throttle, 1, "carl", None) {}
    // Even from the very address of the attacker.
    throttle.check(from(1), "anna", Some(&device)).map(Attempt::succeeded).expect("gets in");
}

#[test]
fn a_known_device_has_no_more_attempts_than_strangers() {
    let (throttle, _) = throttle();
    let (one, two) = (throttle.device_token("anna"), throttle.device_token("anna"));
    let made = (0..10).filter(|_| fails(&throttle, 1, "anna", Some(&one))).count();
    assert_eq!(made, 3);
    assert!(fails(&throttle, 1, "anna", Some(&two)), "each device counts for itself");
    assert!(fails(&throttle, 1, "anna", None), "strangers count for themselves");
}

#[test]
fn a_device_token_counts_for_its_account_alone_and_cannot_be_made_up() {
    let (throttle, _) = throttle();
    while fails(&throttle, 1, "anna", None) {}
    let of_another = throttle.device_token("bert");
    let mut forged = throttle.device_token("anna");
    let last = if forged.pop() == Some('A') { 'E' } else { 'A' };
    forged.push(last);
    let foreign = SignInThrottle::new(b"another key", LIMITS, Arc::new(HandClock::default()));
    let foreign = foreign.device_token("anna");
    for token in ["", "x", "AAAA", &of_another, &forged, &foreign] {
        assert!(!fails(&throttle, 2, "anna", Some(token)), "{token}");
    }
}

#[test]
fn success_takes_back_its_own_attempt_and_no_other() {
    let (throttle, _) = throttle();
    for _ in 0..100 {
        let attempt = throttle.check(from(1), "anna", None);
        attempt.map(Attempt::succeeded).expect("signing in again and again is fine");
    }
    assert!(fails(&throttle, 1, "anna", None) && fails(&throttle, 1, "anna", None));
    throttle.check(from(1), "anna", None).map(Attempt::succeeded).expect("the third");
    assert!(fails(&throttle, 1, "anna", None));
    assert!(!fails(&throttle, 1, "anna", None), "two failures before were not forgotten");
}

#[test]
fn attempts_at_the_same_moment_count_all() {
    let (throttle, _) = throttle();
    let open: Vec<_> = (0..10).map(|_| throttle.check(from(1), "anna", None)).collect();
    assert_eq!(open.iter().filter(|attempt| attempt.is_ok()).count(), 3);
}

#[test]
fn whoever_waits_as_told_may_try_again() {
    let (throttle, time) = throttle();
    while fails(&throttle, 1, "anna", None) {}
    let refused = throttle.check(from(1), "anna", None).map(Attempt::failed);
    let RetryAfter { seconds } = refused.expect_err("too many");
    assert_eq!(u64::from(seconds), FAILURES_WINDOW.as_secs() / 3);
    time.pass(Duration::from_secs(u64::from(seconds)));
    assert!(fails(&throttle, 1, "anna", None));
    assert!(!fails(&throttle, 1, "anna", None), "one, not all");
}

#[test]
fn an_address_makes_so_many_accounts() {
    let (throttle, time) = throttle();
    assert!((0..2).all(|_| throttle.check_registration(from(1)).is_ok()));
    assert!(throttle.check_registration(from(1)).is_err());
    assert!(throttle.check_registration(from(2)).is_ok());
    time.pass(REGISTRATIONS_WINDOW / 2);
    assert!(throttle.check_registration(from(1)).is_ok());
}

#[test]
fn a_limit_of_zero_is_none() {
    let none = ThrottleLimits {
        failures_per_account: 0,
        failures_per_address: 0,
        registrations_per_address: 0,
    };
    let throttle = SignInThrottle::new(b"k", none, Arc::new(HandClock::default()));
    assert!((0..1_000).all(|_| fails(&throttle, 1, "anna", None)));
    assert!((0..1_000).all(|_| throttle.check_registration(from(1)).is_ok()));
}
