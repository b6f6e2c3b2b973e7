//! The last value of each kind, with the one before it.

use app::wire::ObservationItem;
use domain::measurement::Measurement;
use domain::vital::ObservationKind;

/// The last value of a kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LastValue {
    /// The value.
    pub(crate) item: ObservationItem,
    /// The one before it.
    pub(crate) before: Option<Measurement>,
}

/// Picks the last value of each kind out of `items`, which are newest first; in the order in which
/// kinds are offered.
pub(crate) fn last_values(items: &[ObservationItem]) -> Vec<LastValue> {
    ObservationKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let stands = |item: &&ObservationItem| item.withdrawn.is_none();
            let mut own =
                items.iter().filter(stands).filter(|item| item.measurement.kind() == kind);
            let item = own.next()?.clone();
            Some(LastValue { item, before: own.next().map(|item| item.measurement) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use domain::ids::{ObservationId, PatientId};
    use domain::timestamp::Timestamp;

    use super::*;

    fn scored(score: u8) -> ObservationItem {
        let at: Timestamp = "2026-11-21T08:30:00Z".parse().expect("a time");
        let id = "0198c1a0-0000-7000-8000-000000000000";
        ObservationItem {
            version: 1,
            observation_id: id.parse::<ObservationId>().expect("an id"),
            patient_id: id.parse::<PatientId>().expect("an id"),
            patient_login: "ann".to_owned(),
            measurement: Measurement::SymptomScore(score),
            effective_at: at,
            time_doubt: None,
            submitted_at: at,
            submitted_by: None,
            note: None,
            severity: None,
            history: Vec::new(),
            withdrawn: None,
        }
    }

    #[test]
    fn takes_the_newest_and_the_one_before() {
        let last = last_values(&[scored(9), scored(4), scored(2)]);
        let before = Some(Measurement::SymptomScore(4));
        assert_eq!(last, [LastValue { item: scored(9), before }]);
    }

    #[test]
    fn passes_over_what_was_withdrawn() {
        let withdrawn = app::wire::Withdrawal {
            at: scored(9).submitted_at,
            by: app::wire::Sender { login: "ann".to_owned(), role: app::wire::Role::Patient },
            reason: "not mine".to_owned(),
        };
        let never = ObservationItem { withdrawn: Some(withdrawn), ..scored(9) };
        let last = last_values(&[never, scored(4)]);
        assert_eq!(last, [LastValue { item: scored(4), before: None }]);
    }

    #[test]
    fn has_none_where_nothing_was_sent() {
        assert_eq!(last_values(&[]), []);
    }
}
