//! Icons: one stroke-drawn set, each a single path on a 24 by 24 grid.

use domain::alert_limits::Severity;
use domain::vital::ObservationKind;
use leptos::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// The start page.
    Home,
    /// The past.
    Clock,
    /// An account.
    Person,
    /// Several people.
    People,
    /// Opened in an emergency.
    Unlocked,
    /// What was recorded.
    Log,
    /// To be taken home.
    Download,
    /// Alerts.
    Bell,
    /// Leaving.
    SignOut,
    /// Onwards.
    Forward,
    /// Back.
    Back,
    /// Done.
    Check,
    /// To be looked at; also the severity `High`.
    Triangle,
    /// The severity `Critical`.
    Octagon,
    /// The severity `Watch`.
    Eye,
    /// A live connection; also the mark of `HealthFlow`.
    Pulse,
    /// Trying again.
    Refresh,
    /// Something new.
    Plus,
    /// Something to know.
    Info,
    /// More than before.
    Up,
    /// Less than before.
    Down,
    /// As before.
    Level,
    /// A note.
    Note,
    /// Symptoms: how strong they are. No face, which would say how good one feels.
    Strength,
    /// Heart rate.
    Heart,
    /// Blood pressure.
    Gauge,
    /// Temperature.
    Thermometer,
    /// Oxygen saturation.
    Oxygen,
    /// Breathing rate.
    Wind,
    /// Weight.
    Scale,
    /// Glucose.
    Drop,
}

impl Symbol {
    /// The symbol of a kind of observation.
    #[must_use]
    pub fn of_kind(kind: ObservationKind) -> Self {
        match kind {
            ObservationKind::SymptomScore => Self::Strength,
            ObservationKind::HeartRate => Self::Heart,
            ObservationKind::BloodPressure => Self::Gauge,
            ObservationKind::Temperature => Self::Thermometer,
            ObservationKind::OxygenSaturation => Self::Oxygen,
            ObservationKind::RespiratoryRate => Self::Wind,
            ObservationKind::Weight => Self::Scale,
            ObservationKind::Glucose => Self::Drop,
        }
    }

    /// The symbol of a severity.
    #[must_use]
    pub fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Watch => Self::Eye,
            Severity::High => Self::Triangle,
            Severity::Critical => Self::Octagon,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Home => "M3.5 10.5 12 3.5l8.5 7V20a1 1 0 0 1-1 1H15v-6.5H9V21H4.5a1 1 0 0 1-1-1z",
            Self::Clock => "M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0a9 9 0 0 1 18 0z",
            Self::Person => "M12 12a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM4 20.5a8 8 0 0 1 16 0",
            Self::People => {
                "M9 11.5a3.5 3.5 0 1 0 0-7a3.5 3.5 0 0 0 0 7zM2.5 19.5a6.5 6.5 0 0 1 13 0\
                 M16 4.5a3.5 3.5 0 0 1 0 7M18 14.2a6.5 6.5 0 0 1 3.5 5.3"
            }
            Self::Log => "M5 3.5h14v17H5zM8.5 8h7M8.5 12h7M8.5 16h4",
            Self::Download => "M12 4v11M7.5 11 12 15.5l4.5-4.5M4.5 20h15",
            Self::Unlocked => "M5.5 11h13v9.5h-13zM8.5 11V7.5a3.5 3.5 0 0 1 6.8-1.2M12 14.5v2.5",
            Self::Bell => "M6 16v-5a6 6 0 1 1 12 0v5l1.5 2h-15zM10 21h4",
            Self::SignOut => {
                "M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8M10 12h11M17.5 8.5 21 12l-3.5 3.5"
            }
            Self::Forward => "m9 5 7 7-7 7",
            Self::Back => "m15 5-7 7 7 7",
            Self::Check => "M20 6.5 9.5 17.5 4 12",
            Self::Triangle => "M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.1",
            Self::Octagon => "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 7.5v5.5M12 16.4v.1",
            Self::Eye => {
                "M2.5 12S6 5.5 12 5.5s9.5 6.5 9.5 6.5-3.5 6.5-9.5 6.5S2.5 12 2.5 12z\
                 M15 12a3 3 0 1 1-6 0a3 3 0 0 1 6 0z"
            }
            Self::Pulse => "M2 12.5h4l2.5-7 5 13 3-8 1.5 2h4",
            Self::Refresh => {
                "M20 11A8 8 0 0 0 5.5 7L3 9.5M3 4.5v5h5M4 13a8 8 0 0 0 14.5 4l2.5-2.5\
                 M21 19.5v-5h-5"
            }
            Self::Plus => "M12 5v14M5 12h14",
            Self::Info => "M12 11v5.5M12 7.6v.1M21 12a9 9 0 1 1-18 0a9 9 0 0 1 18 0z",
            Self::Up => "M12 19V5.5M6 11l6-6 6 6",
            Self::Down => "M12 5v13.5M6 13l6 6 6-6",
            Self::Level => "M4 9h16M4 15h16",
            Self::Note => "M4 5h16v11.5h-9L6.5 20v-3.5H4zM8 9h8M8 12.5h5",
            Self::Strength => "M4.5 20v-3.5M9.5 20v-7M14.5 20V9.5M19.5 20V5",
            Self::Heart => {
                "M12 20.5S3.5 15.5 3.5 9.3A4.6 4.6 0 0 1 12 6.9a4.6 4.6 0 0 1 8.5 2.4\
                 c0 6.2-8.5 11.2-8.5 11.2z"
            }
            Self::Gauge => "M5 18.5a9 9 0 1 1 14 0zM12 14l3.5-5",
            Self::Thermometer => "M14 14.5V5a2 2 0 1 0-4 0v9.5a4 4 0 1 0 4 0zM12 9v8",
            Self::Oxygen => {
                "M13 11a5 5.5 0 1 1-10 0a5 5.5 0 0 1 10 0z\
                 M16 15.5c0-2.7 4.5-2.7 4.5 0 0 1.9-4.5 2.7-4.5 4.5H21"
            }
            Self::Wind => {
                "M3 9h11a3 3 0 1 0-3-3M3 13h15.5a2.8 2.8 0 1 1-2.8 2.8\
                 M3 17h7a2.2 2.2 0 1 1-2.2 2.2"
            }
            Self::Scale => {
                "M5 4h14a1.5 1.5 0 0 1 1.5 1.5v13A1.5 1.5 0 0 1 19 20H5a1.5 1.5 0 0 1\
                 -1.5-1.5v-13A1.5 1.5 0 0 1 5 4zM7.5 9a6.5 6.5 0 0 1 9 0l-2.3 3H9.8z"
            }
            Self::Drop => "M12 3.5s6.5 6.7 6.5 11.2a6.5 6.5 0 0 1-13 0C5.5 10.2 12 3.5 12 3.5z",
        }
    }
}

/// An icon. It is decoration: the words beside it say the same.
#[component]
pub fn Icon(
    /// What it shows.
    symbol: Symbol,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=symbol.path() />
        </svg>
    }
}
