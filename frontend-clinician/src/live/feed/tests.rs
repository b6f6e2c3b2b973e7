use app::wire::Acknowledgement;
use domain::alert_limits::Severity;
use domain::ids::{ObservationId, PatientId};
use domain::measurement::Measurement;

use super::*;

fn id<T: std::str::FromStr>(number: u8) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("0198c1a0-0000-7000-8000-0000000000{number:02x}").parse().expect("an id")
}

fn at(second: u8) -> Timestamp {
    Timestamp::from_unix_ms(1_700_000_000_000 + i64::from(second) * 1000).expect("a time")
}

fn alert(number: u8) -> AlertItem {
    AlertItem {
        alert_id: id::<AlertId>(number),
        patient_id: id::<PatientId>(0),
        patient_login: "ann".to_owned(),
        observation_id: id::<ObservationId>(number),
        measurement: Measurement::SymptomScore(9),
        severity: Severity::High,
        rule: "symptom-score-high".to_owned(),
        message: "Score above threshold (7)".to_owned(),
        note: None,
        created_at: at(number),
        effective_at: at(number),
        time_doubt: None,
        received_at: None,
        acknowledged: None,
        released_at: None,
        reassessed: None,
    }
}

fn page(numbers: &[u8], next_cursor: Option<&str>) -> Page<AlertItem> {
    let items = numbers.iter().map(|number| alert(*number)).collect();
    Page { items, next_cursor: next_cursor.map(str::to_owned) }
}

fn begun(page: Page<AlertItem>) -> Feed {
    let mut feed = Feed::default();
    feed.begin(page);
    feed
}

fn shown(feed: &Feed) -> Vec<AlertItem> {
    feed.shown(false).into_iter().filter_map(|id| feed.latest(id)).collect()
}

#[test]
fn shows_a_new_alert_first_once_released() {
    let mut feed = begun(page(&[2, 1], Some("older")));
    assert_eq!(feed.arrive(vec![alert(3)], at(9)), [alert(3)]);
    assert_eq!((shown(&feed).len(), feed.waiting_count()), (2, 1));
    feed.release();
    assert_eq!(shown(&feed), [alert(3), alert(2), alert(1)]);
    assert_eq!(feed.arrived_at(alert(3).alert_id), Some(at(9)));
    assert_eq!(feed.arrived_at(alert(2).alert_id), None);
    assert_eq!(feed.next_cursor(), Some("older"));
}

#[test]
fn takes_the_same_alert_once() {
    let mut feed = begun(page(&[1], None));
    feed.arrive(vec![alert(2)], at(9));
    assert_eq!(feed.arrive(vec![alert(2), alert(1)], at(9)), []);
    feed.release();
    assert_eq!(feed.catch_up(page(&[2, 1], None), at(9)), []);
    feed.release();
    assert_eq!(shown(&feed), [alert(2), alert(1)]);
}

#[test]
fn puts_a_late_alert_into_its_place() {
    let mut feed = begun(page(&[5, 1], None));
    feed.arrive(vec![alert(3)], at(9));
    feed.release();
    assert_eq!(shown(&feed), [alert(5), alert(3), alert(1)]);
}

#[test]
fn leaves_to_the_older_pages_what_is_on_them() {
    let mut feed = begun(page(&[5, 4], Some("before 4")));
    assert_eq!(feed.arrive(vec![alert(3), alert(6)], at(9)), [alert(6)]);
}

#[test]
fn catches_up_with_what_was_missed() {
    let mut feed = begun(page(&[2, 1], Some("older")));
    let new = feed.catch_up(page(&[4, 3, 2], Some("another")), at(9));
    feed.release();
    assert_eq!(new, [alert(4), alert(3)]);
    assert_eq!(shown(&feed), [alert(4), alert(3), alert(2), alert(1)]);
    assert_eq!(feed.next_cursor(), Some("older"));
}

#[test]
fn begins_anew_where_more_was_missed_than_a_page_holds() {
    let mut feed = begun(page(&[2, 1], Some("older")));
    feed.arrive(vec![alert(3)], at(9));
    feed.catch_up(page(&[9, 8, 7], Some("before 7")), at(9));
    assert_eq!((shown(&feed).len(), feed.waiting_count()), (2, 3));
    feed.release();
    assert_eq!(shown(&feed), [alert(9), alert(8), alert(7)]);
    assert_eq!(feed.next_cursor(), Some("before 7"));
}

#[test]
fn an_alert_that_comes_again_tells_who_takes_care_of_it_and_is_not_new() {
    let mut feed = begun(page(&[1], None));
    let taken = Acknowledgement { by: "nurse".to_owned(), at: at(2) };
    let again = AlertItem { acknowledged: Some(taken.clone()), ..alert(1) };
    assert_eq!(feed.arrive(vec![again], at(9)), []);
    assert_eq!(feed.latest(alert(1).alert_id).and_then(|a| a.acknowledged), Some(taken));
    assert_eq!((shown(&feed).len(), feed.has_waiting()), (1, false));
}

#[test]
fn counts_what_nobody_takes_care_of_and_names_the_worst() {
    let mut feed = begun(page(&[2, 1], None));
    feed.arrive(vec![AlertItem { severity: Severity::Critical, ..alert(3) }], at(9));
    let unattended = |count, worst| Unattended { count, worst, goes_on: false };
    assert_eq!(feed.unattended(), unattended(3, Some(Severity::Critical)));
    let taken = Acknowledgement { by: "nurse".to_owned(), at: at(4) };
    feed.arrive(vec![AlertItem { acknowledged: Some(taken), ..alert(3) }], at(9));
    assert_eq!(feed.unattended(), unattended(2, Some(Severity::High)));
    assert_eq!(begun(page(&[], None)).unattended(), unattended(0, None));
}

#[test]
fn what_was_given_back_or_corrected_counts_and_what_comes_late_does_not() {
    let mut feed = begun(page(&[1], None));
    let taken = Acknowledgement { by: "nurse".to_owned(), at: at(2) };
    let taken = AlertItem { acknowledged: Some(taken), ..alert(1) };
    let released = AlertItem { released_at: Some(at(3)), ..alert(1) };
    feed.arrive(vec![released.clone()], at(9));
    feed.arrive(vec![taken], at(9));
    assert_eq!(feed.latest(alert(1).alert_id), Some(released));
    assert_eq!(feed.unattended().count, 1);
    let before = app::wire::PastValue { measurement: Measurement::SymptomScore(9), note: None };
    let reassessed = app::wire::Reassessment {
        at: at(4),
        cause: app::wire::ReassessmentCause::Withdrawn,
        stands: false,
        before,
        reason: Some("not mine".to_owned()),
        released_from: None,
    };
    feed.arrive(vec![AlertItem { reassessed: Some(reassessed), ..alert(1) }], at(9));
    assert_eq!((feed.unattended().count, feed.changes()), (0, 2));
}

#[test]
fn fills_an_empty_list() {
    let mut feed = begun(page(&[], None));
    feed.catch_up(page(&[1], None), at(9));
    feed.release();
    assert_eq!(shown(&feed), [alert(1)]);
}

#[test]
fn what_is_there_before_the_list_is_shown_with_it_and_is_no_news() {
    let mut feed = Feed::default();
    assert_eq!(feed.arrive(vec![alert(5), alert(1)], at(9)), []);
    feed.release();
    assert_eq!(feed.unattended().count, 2, "it counts from the first moment");
    assert_eq!(feed.catch_up(page(&[4, 3], Some("before 3")), at(9)), []);
    assert_eq!(shown(&feed), [alert(5), alert(4), alert(3)]);
    assert_eq!(feed.arrived_at(alert(5).alert_id), None);
    assert_eq!(feed.arrive(vec![alert(6)], at(10)), [alert(6)]);
}

#[test]
fn a_list_that_is_opened_again_loses_nothing_that_came_meanwhile() {
    let mut feed = begun(page(&[2, 1], Some("before 1")));
    let taken = Acknowledgement { by: "nurse".to_owned(), at: at(8) };
    let taken = AlertItem { acknowledged: Some(taken), ..alert(3) };
    feed.arrive(vec![alert(4), taken.clone()], at(9));
    feed.begin(page(&[3, 2], Some("before 2")));
    assert_eq!(shown(&feed), [alert(4), taken, alert(2)]);
    assert_eq!(feed.arrived_at(alert(4).alert_id), Some(at(9)));
    assert_eq!((feed.has_waiting(), feed.next_cursor()), (false, Some("before 2")));
    assert_eq!(feed.latest(alert(1).alert_id), None, "what is below is not kept");
}

#[test]
fn news_about_the_past_stands_apart() {
    let hours_ago = Timestamp::from_unix_ms(at(2).unix_ms() - 6 * 3_600_000).expect("a time");
    let late = AlertItem { effective_at: hours_ago, ..alert(2) };
    let mut feed = begun(page(&[3, 1], None));
    feed.arrive(vec![late.clone()], at(9));
    feed.release();
    assert_eq!(feed.shown(true), [late.alert_id]);
    assert_eq!(shown(&feed), [alert(3), alert(1)]);
    // A row stays where it is while somebody may be about to tap it.
    let corrected = AlertItem { effective_at: at(2), released_at: Some(at(8)), ..late.clone() };
    feed.arrive(vec![corrected.clone()], at(9));
    assert_eq!(feed.latest(late.alert_id), Some(corrected));
    assert_eq!(feed.shown(true), [late.alert_id]);
}

#[test]
fn what_needs_somebody_anew_is_news_in_its_place() {
    let mut feed = begun(page(&[2, 1], None));
    let before = app::wire::PastValue { measurement: Measurement::SymptomScore(9), note: None };
    let judged = |second, stands| app::wire::Reassessment {
        at: at(second),
        cause: app::wire::ReassessmentCause::Corrected,
        stands,
        before: before.clone(),
        reason: None,
        released_from: None,
    };
    let lifted = AlertItem { reassessed: Some(judged(3, false)), ..alert(1) };
    assert_eq!(feed.arrive(vec![lifted], at(8)), []);
    let stands_again = AlertItem { reassessed: Some(judged(4, true)), ..alert(1) };
    assert_eq!(feed.arrive(vec![stands_again.clone()], at(9)), std::slice::from_ref(&stands_again));
    assert_eq!(feed.arrived_at(alert(1).alert_id), Some(at(9)));
    let worse = Severity::Critical;
    let worse = AlertItem { severity: worse, reassessed: Some(judged(5, true)), ..stands_again };
    assert_eq!(feed.arrive(vec![worse.clone()], at(9)), std::slice::from_ref(&worse));
    assert_eq!(shown(&feed), [alert(2), worse]);
}

#[test]
fn what_arrived_late_and_waits_is_counted_apart() {
    let hours_ago = Timestamp::from_unix_ms(at(2).unix_ms() - 6 * 3_600_000).expect("a time");
    let late = AlertItem { effective_at: hours_ago, severity: Severity::Critical, ..alert(2) };
    let mut feed = begun(page(&[3, 1], None));
    assert_eq!(feed.unattended_late().count, 0);
    feed.arrive(vec![late], at(9));
    let Unattended { count, worst, .. } = feed.unattended_late();
    assert_eq!((count, worst), (1, Some(Severity::Critical)));
    assert_eq!(feed.unattended().count, 3);
}
