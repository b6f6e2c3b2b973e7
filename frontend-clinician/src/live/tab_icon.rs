//! The icon of the page's tab: it speaks where nobody looks at the page. Shape and number say what
//! colour says.

use domain::alert_limits::Severity;
use leptos::prelude::document;

use super::{LiveState, Unattended};

/// Where the plain icon is.
const PLAIN: &str = "/favicon.svg";

/// What the icon says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TabIcon {
    /// Nothing waits.
    Plain,
    /// Alerts wait.
    Waiting {
        /// How many.
        count: usize,
        /// How urgent the worst is.
        worst: Severity,
    },
    /// New alerts do not arrive.
    NotLive,
}

impl TabIcon {
    /// What the icon says of a board.
    pub(crate) fn of(unattended: Unattended, state: LiveState) -> Self {
        match (state, unattended.worst) {
            (LiveState::Cut | LiveState::SignedOut, _) => Self::NotLive,
            (_, None) => Self::Plain,
            (_, Some(worst)) => Self::Waiting { count: unattended.count, worst },
        }
    }

    /// Where the icon is: at an address, or in it.
    fn href(self) -> String {
        let Some(drawing) = self.drawing() else { return PLAIN.to_owned() };
        let svg =
            format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>{drawing}</svg>");
        // What an address cannot hold as it is.
        let escaped = svg.replace('#', "%23").replace('<', "%3C").replace('>', "%3E");
        format!("data:image/svg+xml,{escaped}")
    }

    fn drawing(self) -> Option<String> {
        let (shape, ink, text, at) = match self {
            Self::Plain => return None,
            Self::NotLive => {
                return Some(
                    "<rect width='32' height='32' rx='9' fill='#4d5f63'/>\
                     <path d='M9 9l14 14M23 9L9 23' stroke='#fff' stroke-width='4' \
                     stroke-linecap='round'/>"
                        .to_owned(),
                );
            }
            Self::Waiting { count, worst } => {
                let (shape, ink, at) = match worst {
                    Severity::Critical => (
                        "<path d='M10 0h12l10 10v12L22 32H10L0 22V10z' fill='#b3142a'/>",
                        "#fff",
                        23,
                    ),
                    Severity::High => ("<path d='M16 0l16 31H0z' fill='#c2560a'/>", "#fff", 28),
                    Severity::Watch => {
                        ("<circle cx='16' cy='16' r='16' fill='#f0dc8c'/>", "#3a2e00", 23)
                    }
                };
                (shape, ink, if count > 9 { "9+".to_owned() } else { count.to_string() }, at)
            }
        };
        let size = if text.len() > 1 { 16 } else { 20 };
        Some(format!(
            "{shape}<text x='16' y='{at}' font-family='sans-serif' font-size='{size}' \
             font-weight='bold' text-anchor='middle' fill='{ink}'>{text}</text>"
        ))
    }
}

/// Shows `icon` in the page's tab.
pub(crate) fn show_icon(icon: TabIcon) {
    let link = document().query_selector("link[rel=icon]").ok().flatten();
    if let Some(link) = link {
        // A page without the icon works all the same.
        let _ = link.set_attribute("href", &icon.href());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unattended(count: usize, worst: Option<Severity>) -> Unattended {
        Unattended { count, worst, goes_on: false }
    }

    #[test]
    fn the_icon_says_what_waits_without_colour() {
        let icon = |worst| TabIcon::of(unattended(3, Some(worst)), LiveState::Live).href();
        let severities = [Severity::Critical, Severity::High, Severity::Watch];
        for severity in severities {
            assert!(icon(severity).contains("3%3C/text%3E"), "{severity:?}");
        }
        let shape = |worst| icon(worst).split("fill=").next().map(str::to_owned);
        assert_ne!(shape(Severity::Critical), shape(Severity::High));
        assert_ne!(shape(Severity::High), shape(Severity::Watch));
    }

    #[test]
    fn a_board_that_is_not_live_does_not_look_calm() {
        let calm = TabIcon::of(unattended(0, None), LiveState::Live);
        assert_eq!(calm.href(), PLAIN);
        for state in [LiveState::Cut, LiveState::SignedOut] {
            assert_ne!(TabIcon::of(unattended(0, None), state), calm);
        }
    }

    #[test]
    fn many_still_fit() {
        let icon = TabIcon::of(unattended(250, Some(Severity::High)), LiveState::Live);
        assert!(icon.href().contains("9+"));
    }
}
