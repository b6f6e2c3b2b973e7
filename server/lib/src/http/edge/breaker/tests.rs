use proptest::prelude::*;

use super::*;

const STEP: Duration = Duration::from_secs(10);
/// 10 a second on average, 60 within one second.
const POLICY: BreakerPolicy = BreakerPolicy { requests_per_minute_max: 600, step: STEP };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn phase(machine: &mut Machine, now: Duration) -> (BreakerPhase, u32) {
    let state = machine.state(now);
    (state.phase, state.lets_in_percent)
}

/// Sends `count` requests, evenly from `from` for `time`; gives how many were served.
fn send(machine: &mut Machine, from: Duration, time: Duration, count: u32) -> u32 {
    let served =
        (0..count).filter(|at| machine.admit(from + time * *at / count.max(1)) == Verdict::Serve);
    u32::try_from(served.count()).expect("few")
}

/// A machine that has just tripped, and when.
fn tripped() -> (Machine, Duration) {
    let mut machine = Machine::new(POLICY);
    let at = Duration::from_secs(100);
    send(&mut machine, at, Duration::ZERO, 61);
    assert_eq!(phase(&mut machine, at).0, BreakerPhase::Open);
    (machine, at)
}

#[test]
fn what_the_limit_allows_is_served() {
    let mut machine = Machine::new(POLICY);
    assert_eq!(send(&mut machine, Duration::ZERO, MINUTE * 10, 6_000), 6_000);
}

#[test]
fn a_flood_trips_it_within_a_second() {
    for per_second in [61, 100, 1_000, 10_000] {
        let mut machine = Machine::new(POLICY);
        let served = send(&mut machine, SECOND, SECOND, per_second);
        assert!(served <= 60, "{served} of {per_second}");
        assert_eq!(phase(&mut machine, SECOND * 2).0, BreakerPhase::Open);
    }
}

#[test]
fn a_minute_above_the_limit_trips_it_with_the_first_request_too_many() {
    let mut machine = Machine::new(POLICY);
    assert_eq!(send(&mut machine, Duration::ZERO, SECOND * 30, 600), 600);
    assert_ne!(machine.admit(SECOND * 30), Verdict::Serve);
}

#[test]
fn it_recovers_by_itself_in_steps() {
    let (mut machine, at) = tripped();
    assert_eq!(phase(&mut machine, at + STEP - ms(1)), (BreakerPhase::Open, 0));
    for (step, percent) in (1..).zip(STEPS_PERCENT) {
        let (begin, end) = (at + STEP * step, at + STEP * (step + 1) - ms(1));
        assert_eq!(phase(&mut machine, begin), (BreakerPhase::Recovering, percent));
        // As much is offered as the limit allows; the share of the step is served.
        let served = send(&mut machine, begin, STEP, 100);
        assert!((percent..=percent + 10).contains(&served), "{served} at {percent} %");
        assert_eq!(phase(&mut machine, end), (BreakerPhase::Recovering, percent));
    }
    assert_eq!(phase(&mut machine, at + STEP * 5), (BreakerPhase::Closed, 100));
}

#[test]
fn it_stays_open_while_the_flood_goes_on() {
    let (mut machine, at) = tripped();
    for step in 0..10 {
        assert_eq!(send(&mut machine, at + STEP * step, STEP, 300), 0);
        assert_eq!(phase(&mut machine, at + STEP * (step + 1)).0, BreakerPhase::Open);
    }
}

#[test]
fn it_falls_back_when_the_flood_returns_in_a_recovery() {
    let (mut machine, at) = tripped();
    let third = at + STEP * 3;
    assert_eq!(phase(&mut machine, third), (BreakerPhase::Recovering, 50));
    // Above the limit, but without a burst: noticed when the step ends.
    send(&mut machine, third, STEP, 200);
    assert_eq!(phase(&mut machine, third + STEP).0, BreakerPhase::Open);
    // With a burst: at once.
    let again = third + STEP * 2;
    assert_eq!(phase(&mut machine, again), (BreakerPhase::Recovering, 10));
    send(&mut machine, again, ms(10), 61);
    assert_eq!(phase(&mut machine, again + ms(10)).0, BreakerPhase::Open);
}

#[test]
fn an_administrator_holds_it_open_and_resets_it() {
    let time = Arc::new(crate::clock::HandClock::default());
    let breaker = Breaker::new(POLICY, Arc::clone(&time) as _);
    breaker.hold();
    time.pass(MINUTE * 60);
    assert_eq!(breaker.state().phase, BreakerPhase::Held);
    assert!(matches!(breaker.admit(), Verdict::Refuse { retry_after_s: 60.. }));
    breaker.reset();
    assert_eq!(breaker.admit(), Verdict::Serve);
    assert_eq!(breaker.state().phase, BreakerPhase::Closed);
    assert_eq!(breaker.state().requests_last_minute, 1);
}

#[test]
fn without_a_limit_it_opens_by_hand_alone() {
    let mut machine = Machine::new(BreakerPolicy { requests_per_minute_max: 0, ..POLICY });
    assert_eq!(send(&mut machine, Duration::ZERO, ms(1), 100_000), 100_000);
    machine.enter(Phase::Held);
    assert_eq!(send(&mut machine, SECOND, ms(1), 10), 0);
}

#[test]
fn those_who_are_refused_do_not_come_back_all_at_once() {
    let (mut machine, at) = tripped();
    let mut times = std::collections::BTreeSet::new();
    for _ in 0..100 {
        if let Verdict::Refuse { retry_after_s } = machine.admit(at) {
            times.insert(retry_after_s);
        }
    }
    assert!(times.len() >= 10 && times.iter().all(|seconds| *seconds >= 10), "{times:?}");
}

/// Any traffic: pauses in milliseconds, each followed by some requests at once.
fn traffic() -> impl Strategy<Value = Vec<(u64, u32)>> {
    prop::collection::vec((0_u64..5_000, 0_u32..100), 1..200)
}

proptest! {
    #[test]
    fn no_minute_serves_more_than_twice_the_limit(traffic in traffic()) {
        let (mut machine, mut now) = (Machine::new(POLICY), Duration::ZERO);
        let mut served: Vec<Duration> = Vec::new();
        for (pause_ms, count) in traffic {
            now += ms(pause_ms);
            for _ in 0..count {
                if machine.admit(now) == Verdict::Serve {
                    served.push(now);
                }
            }
            let lately = served.iter().filter(|at| now.saturating_sub(**at) < MINUTE).count();
            prop_assert!(lately <= 1_200, "{lately}");
        }
    }

    #[test]
    fn quiet_closes_it_whatever_came_before(traffic in traffic()) {
        let (mut machine, mut now) = (Machine::new(POLICY), Duration::ZERO);
        for (pause_ms, count) in traffic {
            now += ms(pause_ms);
            send(&mut machine, now, Duration::ZERO, count);
        }
        // What is open at most stays so for one step more, then come the steps.
        prop_assert_eq!(phase(&mut machine, now + STEP * 6).0, BreakerPhase::Closed);
    }

    #[test]
    fn it_never_opens_below_its_limits(gaps_ms in prop::collection::vec(100_u64..1_000, 1..500)) {
        let (mut machine, mut now) = (Machine::new(POLICY), Duration::ZERO);
        for gap_ms in gaps_ms {
            now += ms(gap_ms);
            prop_assert_eq!(machine.admit(now), Verdict::Serve);
        }
    }
}
