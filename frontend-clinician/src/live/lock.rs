//! A lock that one tab of a browser holds at a time (the Web Locks API). It is free again as soon
//! as its tab is closed, and can be taken from a tab that stands still.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use leptos::wasm_bindgen::prelude::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};

/// What becomes of a lock that was asked for.
pub(super) enum Turn {
    /// It is held.
    Held,
    /// Another tab took it away.
    Lost,
    /// The browser gives this page none.
    Refused,
}

/// A request for the lock, and the lock once it is held; dropping it gives both up.
pub(super) struct Lock {
    release: Function,
    is_given_up: Rc<Cell<bool>>,
}

impl Lock {
    /// Waits for the lock of this `name`, or takes it from whoever holds it; `tell` is told what
    /// becomes of it. `None` if the browser has no locks.
    pub(super) fn ask_for(
        name: &str,
        takes_away: bool,
        tell: impl Fn(Turn) + 'static,
    ) -> Option<Self> {
        let locks = Reflect::get(&window().navigator(), &"locks".into()).ok()?;
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        let options = Object::new();
        if takes_away {
            Reflect::set(&options, &"steal".into(), &true.into()).ok()?;
        }
        // The lock is held until this promise is kept.
        let mut release = None;
        let until_released = Promise::new(&mut |keep, _| release = Some(keep));
        let release: Function = JsValue::from(release?).unchecked_into();
        let is_given_up = Rc::new(Cell::new(false));
        let tell = {
            let is_given_up = Rc::clone(&is_given_up);
            Rc::new(move |turn| {
                if !is_given_up.get() {
                    tell(turn);
                }
            })
        };
        // The browser may call these when the page has long lost interest: it keeps them itself.
        let on_held = Closure::<dyn FnMut(JsValue) -> JsValue>::new({
            let tell = Rc::clone(&tell);
            move |_| {
                tell(Turn::Held);
                JsValue::from(until_released.clone())
            }
        });
        let on_over = Closure::<dyn FnMut(JsValue)>::new(move |error: JsValue| {
            let name = Reflect::get(&error, &"name".into()).ok().and_then(|name| name.as_string());
            tell(if name.as_deref() == Some("AbortError") { Turn::Lost } else { Turn::Refused });
        });
        let asked = request.call3(&locks, &name.into(), &options, &on_held.into_js_value()).ok()?;
        let catch: Function = Reflect::get(&asked, &"catch".into()).ok()?.dyn_into().ok()?;
        catch.call1(&asked, &on_over.into_js_value()).ok()?;
        Some(Self { release, is_given_up })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.is_given_up.set(true);
        // What still waits is given back as soon as its turn comes.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}
