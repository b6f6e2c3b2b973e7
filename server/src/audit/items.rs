//! Blocks, heads and rows as items of their tables.

use std::collections::HashMap;

use super::chain::{Block, Head, SealedHead};
use super::hash::Hash;
use super::index::Row;
use crate::store::item::{Item, number, text, text_of};

/// An item that this program never wrote there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strange(pub String);

pub(super) fn item_of_block(block: &Block) -> Item {
    HashMap::from([
        ("chain".to_owned(), text(block.chain.to_string())),
        ("seq".to_owned(), number(block.seq)),
        ("prev".to_owned(), text(block.prev.to_string())),
        ("hash".to_owned(), text(block.hash.to_string())),
        ("key_name".to_owned(), text(&block.key_name)),
        ("body".to_owned(), text(&block.body)),
    ])
}

pub(super) fn block_of(item: &Item) -> Result<Block, Strange> {
    let Head { chain, seq, hash } = place_of(item)?;
    let (key_name, body) = (text_or_nothing(item, "key_name"), text_or_nothing(item, "body"));
    Ok(Block { chain, seq, prev: hash_or_nothing(item, "prev"), hash, key_name, body })
}

pub(super) fn item_of_head(SealedHead { head, at_ms, seal }: &SealedHead) -> Item {
    HashMap::from([
        ("chain".to_owned(), text(head.chain.to_string())),
        ("seq".to_owned(), number(head.seq)),
        ("hash".to_owned(), text(head.hash.to_string())),
        ("at_ms".to_owned(), number(*at_ms)),
        ("seal".to_owned(), text(seal.to_string())),
    ])
}

pub(super) fn head_of(item: &Item) -> Result<SealedHead, Strange> {
    let at_ms = number_of(item, "at_ms").unwrap_or(0);
    Ok(SealedHead { head: place_of(item)?, at_ms, seal: hash_or_nothing(item, "seal") })
}

pub(super) fn item_of_row(row: &Row) -> Item {
    HashMap::from([
        ("scope".to_owned(), text(&row.scope)),
        ("place".to_owned(), text(&row.place)),
        ("body".to_owned(), text(&row.body)),
        ("seal".to_owned(), text(row.seal.to_string())),
    ])
}

pub(super) fn row_of(item: &Item) -> Row {
    let of = |name| text_or_nothing(item, name);
    let (scope, place, body) = (of("scope"), of("place"), of("body"));
    Row { scope, place, body, seal: hash_or_nothing(item, "seal") }
}

fn place_of(item: &Item) -> Result<Head, Strange> {
    let chain = text_of(item, "chain").unwrap_or_default();
    let strange = || Strange(format!("an item under the key {chain:?}"));
    let parsed = chain.parse().map_err(|_| strange())?;
    let seq = number_of(item, "seq").ok_or_else(strange)?;
    Ok(Head { chain: parsed, seq, hash: hash_or_nothing(item, "hash") })
}

// What is missing or broken reads as nothing: then the item is not as it was written, and its hash
// says so. A log that was tampered with must still be readable.

fn text_or_nothing(item: &Item, name: &str) -> String {
    text_of(item, name).unwrap_or_default().to_owned()
}

pub(super) fn hash_or_nothing(item: &Item, name: &str) -> Hash {
    text_of(item, name).and_then(|hash| hash.parse().ok()).unwrap_or(Hash::NOTHING)
}

fn number_of(item: &Item, name: &str) -> Option<u64> {
    item.get(name).and_then(|value| value.as_n().ok()?.parse().ok())
}
