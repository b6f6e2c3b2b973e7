//! What a clinician sees above a record that is open because of an emergency.

use app::functions::clinician::EmergencyUntil;
use app::widgets::{Loaded, LocalTime, Notice, NoticeKind, TimeStyle};
use domain::timestamp::Timestamp;
use leptos::prelude::*;

use crate::texts;

/// Until when the record of the page's address is open, if an emergency is why.
#[component]
pub(super) fn EmergencyBanner() -> impl IntoView {
    view! {
        <Loaded
            question=|asked| EmergencyUntil { patient_id: asked.id }
            show=|_, until| until.map(banner).into_any()
            rows=0
            quiet=true
        />
    }
}

fn banner(until: Timestamp) -> AnyView {
    view! {
        <Notice kind=NoticeKind::Attention>
            <p>
                {texts::EMERGENCY_UNTIL} <LocalTime at=until style=TimeStyle::OfDay />
                {texts::EMERGENCY_RECORDED}
            </p>
        </Notice>
    }
    .into_any()
}
