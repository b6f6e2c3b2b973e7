//! The list of alerts as it grows: pushed over a stream, asked for while the stream is cut.

mod attention;
mod board;
mod connection;
mod event_source;
mod feed;
mod hand;
mod lock;
mod news;
mod session;
mod tab_icon;
mod tabs;
mod unattended;

pub(crate) use attention::Attention;
pub(crate) use board::{Board, provide_board};
pub(crate) use feed::Feed;
pub(crate) use hand::Hand;
pub(crate) use news::News;
pub(crate) use session::{OwnSession, provide_own_session};
pub(crate) use tab_icon::{TabIcon, show_icon};
pub(crate) use unattended::Unattended;

/// How alerts arrive at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LiveState {
    /// Not at all: the page is not alive (yet).
    Off,
    /// The stream is being opened for the first time.
    Connecting,
    /// Over the stream.
    Live,
    /// The stream has just been cut, and may be back in a moment.
    Interrupted,
    /// The stream is cut; the list is asked for now and then.
    Cut,
    /// Not at all: the session has ended.
    SignedOut,
}
