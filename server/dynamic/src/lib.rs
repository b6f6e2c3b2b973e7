//! All of the server that knows no page, in one shared library. An edit of a page then links a few
//! objects, and not again what hundreds of crates brought.

pub use healthflow;
