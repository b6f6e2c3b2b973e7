//! What a browser loads of the Patient web app. Without the feature `hydrate`, as in a build of the whole
//! workspace, it is empty.
#![cfg(feature = "hydrate")]

use frontend_patient::App;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server rendered.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
    app::widgets::browser::mark_alive();
}
