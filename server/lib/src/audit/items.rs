//! Blocks, heads and rows as items of their tables.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::chain::{Block, Head, SealedHead};
use super::hash::Hash;
use super::index::Row;
use crate::store::item::{Item, number, text, text_of};

/// How hard a block's body is packed, from 1 to 10: most of what there is to gain comes first.
const PACKING_LEVEL: u8 = 3;
/// A body shorter than this is kept as it is, in bytes: it fits into the first units DynamoDB counts
/// anyway, and packing costs more than writing it.
const PACKED_FROM_BYTES: usize = 2_048;
/// The longest body that is unpacked, in bytes; none so long was ever written.
const BODY_MAX_BYTES: usize = 1_000_000;

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
        ("body".to_owned(), kept(&block.body)),
    ])
}

pub(super) fn block_of(item: &Item) -> Result<Block, Strange> {
    let Head { chain, seq, hash } = place_of(item)?;
    let (key_name, body) = (text_or_nothing(item, "key_name"), unpacked(item));
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

fn kept(body: &str) -> AttributeValue {
    if body.len() < PACKED_FROM_BYTES { text(body) } else { packed(body) }
}

/// A long body as it is kept: DEFLATE makes a fifth of it, and so of what the chain's partition
/// has to take in when everybody is at work.
fn packed(body: &str) -> AttributeValue {
    AttributeValue::B(Blob::new(compress_to_vec(body.as_bytes(), PACKING_LEVEL)))
}

fn unpacked(item: &Item) -> String {
    let Some(AttributeValue::B(kept)) = item.get("body") else {
        return text_or_nothing(item, "body");
    };
    let bytes = decompress_to_vec_with_limit(kept.as_ref(), BODY_MAX_BYTES).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::chain::AuditKey;
    use super::super::entry::{Access, Entry, tests::access};
    use super::*;

    fn block(entries: u128) -> Block {
        let at = "2026-11-21T08:00:00.123Z".parse().expect("a time");
        let entries: Vec<Entry> = (0..entries)
            .map(|_| {
                let correlation_id = domain::ids::CorrelationId(Uuid::now_v7());
                let session_id = Some(domain::ids::SessionId(Uuid::new_v4()));
                let whose = [Uuid::new_v4().as_u128()];
                let access = Access { correlation_id, session_id, ..access(&whose) };
                Entry { id: Uuid::now_v7(), at, access }
            })
            .collect();
        let body = serde_json::to_string(&entries).expect("JSON");
        Block::following(&AuditKey::new(b"k"), Uuid::from_u128(1), None, body)
    }

    #[test]
    fn a_block_is_read_back_as_it_was_kept() {
        for (block, is_packed) in [(block(0), false), (block(3), false), (block(9), true)] {
            let item = item_of_block(&block);
            assert_eq!(item["body"].is_b(), is_packed, "{}", block.body.len());
            assert_eq!(block_of(&item), Ok(block));
        }
    }

    #[test]
    fn a_block_takes_less_than_a_third_of_what_it_says() {
        let block = block(100);
        let AttributeValue::B(kept) = packed(&block.body) else { panic!("no bytes") };
        let (kept, said) = (kept.as_ref().len(), block.body.len());
        assert!(kept * 3 < said, "{said} bytes are kept in {kept}");
    }

    #[test]
    fn a_body_that_unpacks_without_end_reads_as_nothing() {
        let mut item = item_of_block(&block(1));
        item.insert("body".to_owned(), packed(&" ".repeat(BODY_MAX_BYTES + 1)));
        assert_eq!(block_of(&item).map(|block| block.body), Ok(String::new()));
    }
}
