//! Every text of the Patient web app.

use app::wire::AlertProgress;
use domain::field_error::FieldError;
use domain::vital::{Component, ObservationKind, SCORE_MAX, SCORE_MIN};

/// Names the navigation.
pub(crate) const PARTS: &str = "Parts of HealthFlow";
pub(crate) const TODAY: &str = "Today";
pub(crate) const HISTORY: &str = "History";
pub(crate) const ME: &str = "Me";
pub(crate) const BACK: &str = "Back";

// Signing in and making an account.
pub(crate) const SIGN_IN_LEAD: &str = "Send how you are. Your clinic sees it at once.";
pub(crate) const NEW_HERE: &str = "New here?";
pub(crate) const CREATE_ACCOUNT_LINK: &str = "Create an account";
pub(crate) const CREATE_ACCOUNT_TITLE: &str = "Create an account";
pub(crate) const CREATE_ACCOUNT_FAULT: &str = "Your account was not created yet";
pub(crate) const CREATE_ACCOUNT: &str = "Create account";
pub(crate) const CREATING_ACCOUNT: &str = "Creating…";
pub(crate) const KNOWN_HERE: &str = "You have an account?";
pub(crate) const USERNAME_HINT: &str = "The name your clinic sees. Capital letters do not matter.";
pub(crate) const PASSWORD_HINT: &str =
    "At least 8 characters. Three or four words in a row are easy to remember and hard to guess.";
pub(crate) const EMAIL: &str = "E-mail address (optional)";
pub(crate) const EMAIL_HINT: &str = "So that your clinic can write to you.";

// Today.
pub(crate) const SYMPTOMS_TITLE: &str = "How strong are your symptoms?";
pub(crate) const SYMPTOMS_TEXT: &str =
    "Choose from 1, hardly any, to 10, the worst you can imagine.";
pub(crate) const MEASURE_TITLE: &str = "Send a measurement";
pub(crate) const MEASURE_TEXT: &str = "Blood pressure, heart rate, temperature, weight and more.";
pub(crate) const LAST_VALUES: &str = "Your last values";
pub(crate) const SENT_RECENTLY: &str = "Sent recently";
pub(crate) const ALL_SENT: &str = "Show all";
/// What [`ALL_SENT`] shows, for those who hear its name alone.
pub(crate) const ALL_SENT_MORE: &str = " that you sent";
pub(crate) const NOTHING_SENT_TITLE: &str = "Nothing sent yet";
pub(crate) const NOTHING_SENT_TEXT: &str =
    "What you send appears here, and at your clinic, at once.";

// Sending.
pub(crate) const CHOOSE_TITLE: &str = "What would you like to send?";
pub(crate) const SEND: &str = "Send";
pub(crate) const SENDING: &str = "Sending…";
pub(crate) const UNIT_LEGEND: &str = "Unit";
pub(crate) const UNIT_HINT: &str = "Your device shows it beside the number.";
pub(crate) const SCORE_LEGEND: &str = "The strength of your symptoms";
pub(crate) const SCORE_ENDS: (&str, &str) =
    ("1 is hardly any.", "10 is the worst you can imagine.");
pub(crate) const SENT_BEFORE_TITLE: &str = "You sent this already";
pub(crate) const SENT_BEFORE_TEXT: &str = "What stands here was sent from this page before, and it is \
                                           saved. If you measured again and it is the same, send it \
                                           once more.";
pub(crate) const SEND_ONCE_MORE: &str = "Send it once more";
pub(crate) const SEE_WHAT_I_SENT: &str = "See what I sent";
pub(crate) const CHANGE_IT: &str = "No, change it";
pub(crate) const CHECK_TEXT: &str = "That is further from the usual than most values. If it is \
                                     right, send it: your clinic is alerted at once. If it was a \
                                     slip, change it.";
pub(crate) const KEY_USED: &str = "Something else was already sent from this page. Load the page \
                                   again, then send this.";

// Putting right.
pub(crate) const CORRECT_THIS: &str = "Correct this";
pub(crate) const CORRECT_TITLE: &str = "Correct what you sent";
pub(crate) const CORRECT_TEXT: &str = "Change what is wrong. Your clinic sees the new value, and what \
                                       stood there before.";
pub(crate) const CHANGED_TEXT: &str = "If you save what stands below, it takes the place of that.";
pub(crate) const BEGIN_FROM_THAT: &str = "Begin again from what it says now";
pub(crate) const SEND_AS_NEW: &str = "Send it as a new value";
pub(crate) const SAVE_CORRECTION: &str = "Save the correction";
pub(crate) const CORRECTED_TITLE: &str = "Corrected";
pub(crate) const WITHDRAWN_TITLE: &str = "Withdrawn";
pub(crate) const WITHDRAW_TITLE: &str = "It should not be here at all";
pub(crate) const WITHDRAW_TEXT: &str = "If this is somebody else's value, or was never measured, take it \
                                        back. It stays visible, marked as withdrawn.";
pub(crate) const WITHDRAW_FAULT: &str = "It was not taken back yet";
pub(crate) const WITHDRAW_REASON: &str = "Why?";
pub(crate) const WITHDRAW_REASON_HINT: &str = "For example: this was my husband's.";
pub(crate) const WITHDRAW: &str = "Take it back";
pub(crate) const WITHDRAWING: &str = "Taking it back…";

// The receipt.
pub(crate) const SENT_TITLE: &str = "Sent";
pub(crate) const SENT_TEXT: &str = "Your clinic has it.";
pub(crate) const ALERTED_TEXT: &str = "If you feel very unwell or get worse, do not wait for an \
                                       answer: call your emergency number.";
pub(crate) const YOUR_NOTE: &str = "Your note";
pub(crate) const DONE: &str = "Done";
pub(crate) const SEND_ANOTHER: &str = "Send another value";

// History.
pub(crate) const HISTORY_TITLE: &str = "What you sent";
pub(crate) const NOTHING_OLDER_TITLE: &str = "Nothing older";
pub(crate) const NOTHING_OLDER_TEXT: &str = "You have seen everything you sent.";

// Me.
pub(crate) const SIGN_OUT_TEXT: &str =
    "On a device that others use too, sign out when you are done.";

// Who opened one's record.
pub(crate) const ACCESS_TITLE: &str = "Who opened my record";
pub(crate) const ACCESS_TEXT: &str = "Everybody but you who looked at what you sent, or tried to.";
pub(crate) const ACCESS_LEAD: &str = "Everybody but you who looked at what you sent, or tried to. \
                                      Nobody can remove anything from this list.";
pub(crate) const NOBODY_TITLE: &str = "Nobody so far";
pub(crate) const NOBODY_TEXT: &str = "When somebody opens your record, you find them here.";
pub(crate) const NOBODY_OLDER_TEXT: &str = "You have seen everybody who opened your record.";
pub(crate) const ANOTHER_PATIENT: &str = "Another patient";
pub(crate) const SOMEBODY: &str = "Somebody";
pub(crate) const EMERGENCY_CHIP: &str = "Emergency";
pub(crate) const NOT_LET_IN: &str = "Not let in";
pub(crate) const REASON: &str = "Reason given: ";
pub(crate) const ACCESS_QUESTIONS: &str =
    "Something here that should not be? Ask your clinic: it has the same list.";

/// The clinic of somebody, where it is not the patient's own.
pub(crate) fn of_clinic(clinic_id: &str) -> String {
    format!("of another clinic ({clinic_id})")
}

/// How often something was done within an hour; once goes without saying.
pub(crate) fn times(times: u32) -> Option<String> {
    (times > 1).then(|| format!("{times} times within an hour"))
}

/// What an observation says that was changed while somebody filled in how to put it right.
pub(crate) fn changed_meanwhile(value: &str) -> String {
    format!("It was changed meanwhile: it says {value} now")
}

/// How far the alert about a dangerous value has come.
pub(crate) fn alert_progress(alert: AlertProgress) -> &'static str {
    match alert {
        AlertProgress::NotNeeded => "",
        AlertProgress::OnItsWay => "Received. It is not on your clinic's list of alerts yet.",
        AlertProgress::OnTheList => "Your clinic has been alerted",
        AlertProgress::TakenCareOf => "Somebody at your clinic is looking after this",
    }
}

/// The name of a kind, as people say it.
pub(crate) fn kind_name(kind: ObservationKind) -> &'static str {
    match kind {
        ObservationKind::SymptomScore => "Symptom strength",
        ObservationKind::BloodPressure => "Blood pressure",
        ObservationKind::HeartRate => "Heart rate",
        ObservationKind::OxygenSaturation => "Oxygen level",
        ObservationKind::Temperature => "Temperature",
        ObservationKind::RespiratoryRate => "Breathing rate",
        ObservationKind::Weight => "Weight",
        ObservationKind::Glucose => "Blood sugar",
    }
}

/// The question that heads the page of a kind.
pub(crate) fn question(kind: ObservationKind) -> &'static str {
    match kind {
        ObservationKind::SymptomScore => SYMPTOMS_TITLE,
        ObservationKind::BloodPressure => "What is your blood pressure?",
        ObservationKind::HeartRate => "What is your heart rate?",
        ObservationKind::OxygenSaturation => "What is your oxygen level?",
        ObservationKind::Temperature => "What is your temperature?",
        ObservationKind::RespiratoryRate => "How fast do you breathe?",
        ObservationKind::Weight => "What is your weight?",
        ObservationKind::Glucose => "What is your blood sugar?",
    }
}

/// What helps to answer it.
pub(crate) fn advice(kind: ObservationKind) -> &'static str {
    match kind {
        ObservationKind::SymptomScore => "Think of today, and choose one number.",
        ObservationKind::BloodPressure => "Sit quietly for five minutes before you measure.",
        ObservationKind::HeartRate => "Also called pulse: how often your heart beats in a minute.",
        ObservationKind::OxygenSaturation => {
            "The number with the % sign on your finger clip, also called SpO2."
        }
        ObservationKind::Temperature => "As your thermometer shows it, in degrees Celsius.",
        ObservationKind::RespiratoryRate => "Count how often your chest rises in one minute.",
        ObservationKind::Weight => "Best in the morning, before breakfast.",
        ObservationKind::Glucose => "Also called glucose, as your meter shows it.",
    }
}

/// The label of a number field.
pub(crate) fn field_label(kind: ObservationKind, component: &Component) -> &'static str {
    match component.field {
        "value" => kind_name(kind),
        _ => component.label,
    }
}

/// The numbers a field takes.
pub(crate) fn range_hint(component: &Component) -> String {
    let ranges = component.units.iter().map(|range| {
        let (min, max, unit) = (range.min, range.max, range.unit.for_people());
        format!("{min} to {max} {unit}")
    });
    format!("From {}.", ranges.collect::<Vec<_>>().join(", or "))
}

/// A fault of a field, in kind words.
pub(crate) fn fault(kind: ObservationKind, fault: &FieldError) -> String {
    let component = kind.components().iter().find(|component| component.field == fault.field);
    match (fault.field.as_str(), fault.code.as_str(), component) {
        ("score", ..) => format!("Choose a number from {SCORE_MIN} to {SCORE_MAX}."),
        ("unit", ..) => "Choose the unit your device shows.".to_owned(),
        (_, "required", Some(component)) => format!("Enter {}.", in_a_sentence(kind, component)),
        (_, "not_a_number", Some(component)) => {
            format!(
                "Write {} in digits, such as {}.",
                in_a_sentence(kind, component),
                example(kind, component)
            )
        }
        // The lower number may also be refused for being above the upper one: its own words say so.
        ("value" | "systolic", "out_of_range", Some(component)) => {
            let range = lower_first(&range_hint(component));
            format!("Please check {}: it goes {range}", in_a_sentence(kind, component))
        }
        _ => fault.message.clone(),
    }
}

/// An ordinary value.
fn example(kind: ObservationKind, component: &Component) -> &'static str {
    match (kind, component.field) {
        (ObservationKind::BloodPressure, "systolic") => "120",
        (ObservationKind::BloodPressure, _) => "80",
        (ObservationKind::OxygenSaturation, _) => "97",
        (ObservationKind::Temperature, _) => "36.8",
        (ObservationKind::RespiratoryRate, _) => "16",
        (ObservationKind::Weight, _) => "70.5",
        (ObservationKind::Glucose, _) => "95 mg/dL or 5.3 mmol/L",
        // A score is chosen, not written.
        (ObservationKind::HeartRate | ObservationKind::SymptomScore, _) => "72",
    }
}

fn in_a_sentence(kind: ObservationKind, component: &Component) -> String {
    let label = lower_first(field_label(kind, component));
    let article = if component.field == "value" { "your" } else { "the" };
    format!("{article} {label}")
}

/// Asks to confirm an unusual value.
pub(crate) fn check_title(value: &str) -> String {
    format!("You entered {value}")
}

/// What an unusual value means on its scale, where the number alone does not say it.
pub(crate) fn scale_meaning(kind: ObservationKind) -> Option<String> {
    let (first, last) = SCORE_ENDS;
    (kind == ObservationKind::SymptomScore).then(|| format!("{first} {last}"))
}

/// Confirms it.
pub(crate) fn send_value(value: &str) -> String {
    format!("Yes, send {value}")
}

/// The texts above begin with plain letters; the table of all others is long.
fn lower_first(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use domain::alert_limits::AlertPolicy;
    use domain::measurement::Measurement;
    use domain::typed_measurement::TypedMeasurement;

    use super::*;

    #[test]
    fn names_bound_and_fix_of_an_implausible_number() {
        let refused = FieldError::new("value", "out_of_range", "…");
        let words = fault(ObservationKind::HeartRate, &refused);
        assert_eq!(words, "Please check your heart rate: it goes from 20 to 300 per minute.");
        let words = fault(ObservationKind::Glucose, &refused);
        assert!(words.ends_with("from 10 to 1500 mg/dL, or 0.6 to 83.2 mmol/L."), "{words}");
    }

    #[test]
    fn asks_for_a_missing_number() {
        let refused = FieldError::new("diastolic", "required", "…");
        let words = fault(ObservationKind::BloodPressure, &refused);
        assert_eq!(words, "Enter the lower number (diastolic).");
    }

    #[test]
    fn what_is_no_number_is_answered_with_one_of_the_same_kind_that_is_taken() {
        let policy = AlertPolicy { symptom_score_above: 7 };
        for kind in ObservationKind::ALL.into_iter().filter(|kind| !kind.components().is_empty()) {
            for unit in kind.units() {
                let number = |component: &Component| {
                    let words = FieldError::new(component.field, "not_a_number", "…");
                    let words = fault(kind, &words);
                    let (_, examples) = words.split_once("such as ").expect("an example");
                    let examples = examples.trim_end_matches('.').split(" or ");
                    let of_unit: Vec<_> = examples
                        .filter(|example| !example.contains(' ') || example.ends_with(unit.ucum()))
                        .collect();
                    let [example] = of_unit.as_slice() else { panic!("{words}") };
                    example.split(' ').next().unwrap_or_default().to_owned()
                };
                let text = |field: &str| {
                    let component = kind.components().iter().find(|own| own.field == field);
                    component.map(number).unwrap_or_default()
                };
                let typed = TypedMeasurement {
                    kind: kind.wire_name().to_owned(),
                    score: String::new(),
                    value: text("value"),
                    systolic: text("systolic"),
                    diastolic: text("diastolic"),
                    unit: unit.ucum().to_owned(),
                };
                let measurement = Measurement::parse(&typed.into()).expect("it is taken");
                assert!(!policy.needs_second_look(&measurement, ""), "{measurement} is ordinary");
            }
        }
    }

    #[test]
    fn asks_for_a_missing_score() {
        let refused = FieldError::new("score", "required", "…");
        let words = fault(ObservationKind::SymptomScore, &refused);
        assert_eq!(words, "Choose a number from 1 to 10.");
    }
}
