//! What a clinician sees above a record that is open because of an emergency.

use app::widgets::{LocalTime, Notice, NoticeKind, TimeStyle};
use domain::timestamp::Timestamp;
use leptos::prelude::*;

use crate::texts;

/// Says until when the record is open, and that all is recorded.
#[component]
pub(super) fn EmergencyBanner(
    /// Until when.
    until: Timestamp,
) -> impl IntoView {
    view! {
        <Notice kind=NoticeKind::Attention>
            <p>
                {texts::EMERGENCY_UNTIL} <LocalTime at=until style=TimeStyle::OfDay />
                {texts::EMERGENCY_RECORDED}
            </p>
        </Notice>
    }
}
