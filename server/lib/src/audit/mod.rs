//! The audit log: who opened whose data, and whether they were let.
//!
//! Each process that writes keeps one **chain** of **blocks**. A block holds the entries that
//! waited together, the hash of the block before it, and a hash of its own: an HMAC whose key lies
//! outside the database, so that whoever can write to the database can break a chain, and cannot
//! mend it. Where a chain ends is said by its **head**, written in the block's own transaction. A
//! chain begins with the heads of the chains before it; a chain that is taken away whole is missed.
//!
//! Only the newest blocks of a chain that no other names can be taken away unseen, together with
//! putting back an older head. `healthflow audit verify --expect` finds that too: an operator keeps
//! what an earlier run printed, elsewhere.
//!
//! An entry says nothing about anybody's health.

pub mod chain;
pub mod entry;
pub mod hash;
pub mod index;
mod items;
pub mod key;
pub mod log;
pub mod reading;
pub mod store;
pub mod verification;
pub mod verify;
mod writer;
