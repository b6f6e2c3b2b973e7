//! Blocks, and what binds them: pure.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::Sha256;
use uuid::Uuid;

use super::entry::Entry;
use super::hash::Hash;

/// What is hashed, so that a hash made for one purpose proves nothing for another.
const OF_KEY: &[u8] = b"healthflow audit key";
const OF_BLOCK: &[u8] = b"healthflow audit block v1";
const OF_HEAD: &[u8] = b"healthflow audit head v1";
const OF_ROW: &[u8] = b"healthflow audit row v1";
const OF_HEADS: &[u8] = b"healthflow audit heads v1";

/// The key that seals the log, and perhaps the one before it, which is believed and seals nothing.
#[derive(Clone)]
pub struct AuditKey {
    mac: Hmac<Sha256>,
    name: String,
    previous: Option<Box<AuditKey>>,
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditKey({})", self.name)
    }
}

impl AuditKey {
    /// The key made from `secret`.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let mac = Hmac::new_from_slice(secret);
        let mac = mac.unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        let mut key = Self { mac, name: String::new(), previous: None };
        key.name = key.hash(OF_KEY, &[]).to_string()[..8].to_owned();
        key
    }

    /// The same key, which believes what was sealed with `previous`.
    #[must_use]
    pub fn after(self, previous: Self) -> Self {
        Self { previous: Some(Box::new(previous)), ..self }
    }

    /// The keys whose seals are believed, the one that seals first.
    pub fn believed(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.previous.as_deref())
    }

    /// The believed key of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Self> {
        self.believed().find(|key| key.name == name)
    }

    /// A short name that tells this key from others and nothing about it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash of `parts`, each preceded by its length so that none runs into the next.
    fn hash(&self, purpose: &[u8], parts: &[&[u8]]) -> Hash {
        let mut mac = self.mac.clone();
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Hash(mac.finalize().into_bytes().into())
    }

    /// The seal of an index row.
    #[must_use]
    pub fn of_row(&self, scope: &str, place: &str, body: &str) -> Hash {
        self.hash(OF_ROW, &[scope.as_bytes(), place.as_bytes(), body.as_bytes()])
    }

    /// The seal of a list of heads in a kept text.
    #[must_use]
    pub fn of_heads(&self, text: &str) -> Hash {
        self.hash(OF_HEADS, &[text.as_bytes()])
    }
}

/// Where a chain ends, or ended when it was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The chain.
    pub chain: Uuid,
    /// The number of its last block, counted from 1.
    pub seq: u64,
    /// That block's hash.
    pub hash: Hash,
}

/// A head as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedHead {
    /// What it says.
    pub head: Head,
    /// When the block was written, in milliseconds since 1970.
    pub at_ms: u64,
    /// Its hash.
    pub seal: Hash,
}

impl SealedHead {
    /// Seals `head`, written at `at_ms` (milliseconds since 1970).
    #[must_use]
    pub fn new(key: &AuditKey, head: Head, at_ms: u64) -> Self {
        let (seq, at) = (head.seq.to_be_bytes(), at_ms.to_be_bytes());
        let seal = key.hash(OF_HEAD, &[head.chain.as_bytes(), &seq, &head.hash.0, &at]);
        Self { head, at_ms, seal }
    }

    /// Whether it is as it was written.
    #[must_use]
    pub fn is_genuine(&self, key: &AuditKey) -> bool {
        key.believed().any(|key| Self::new(key, self.head, self.at_ms).seal == self.seal)
    }
}

/// What a block holds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Content {
    /// The heads of chains before this one, which it vouches for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heads: Vec<Head>,
    /// Its entries, each as its JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Box<RawValue>>,
}

impl Content {
    /// The entries, understood.
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn read_entries(&self) -> Result<Vec<Entry>, serde_json::Error> {
        self.entries.iter().map(|json| serde_json::from_str(json.get())).collect()
    }
}

/// A link of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The chain.
    pub chain: Uuid,
    /// Which of its blocks, counted from 1.
    pub seq: u64,
    /// The hash of the block before.
    pub prev: Hash,
    /// This block's hash.
    pub hash: Hash,
    /// The name of the key it is sealed with.
    pub key_name: String,
    /// What it holds: the JSON of a [`Content`].
    pub body: String,
}

impl Block {
    /// The block of `body` that follows `end`, the chain's head; the first when `end` is `None`.
    #[must_use]
    pub fn following(key: &AuditKey, chain: Uuid, end: Option<Head>, body: String) -> Self {
        let (seq, prev) = end.map_or((1, Hash::NOTHING), |head| (head.seq + 1, head.hash));
        let key_name = key.name.clone();
        let mut block = Self { chain, seq, prev, hash: Hash::NOTHING, key_name, body };
        block.hash = block.hash_with(key);
        block
    }

    /// Where the chain ends with this block.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { chain: self.chain, seq: self.seq, hash: self.hash }
    }

    /// Whether it is as it was written.
    #[must_use]
    pub fn is_genuine(&self, key: &AuditKey) -> bool {
        key.believed().any(|key| self.hash_with(key) == self.hash)
    }

    /// What it holds.
    ///
    /// # Errors
    /// A body that was never written by this program.
    pub fn content(&self) -> Result<Content, serde_json::Error> {
        serde_json::from_str(&self.body)
    }

    fn hash_with(&self, key: &AuditKey) -> Hash {
        let seq = self.seq.to_be_bytes();
        key.hash(OF_BLOCK, &[self.chain.as_bytes(), &seq, &self.prev.0, self.body.as_bytes()])
    }
}

/// How far the clocks of two writers may be apart, in milliseconds.
const CLOCKS_APART_MAX_MS: u64 = 600_000;

/// The heads that a new chain has to name: of chains that may have grown since the newest chain
/// began. That one, or one before it, has named the others where they ended.
#[must_use]
pub fn to_be_named(kept: &[SealedHead]) -> Vec<Head> {
    let begun_ms = |chain: Uuid| {
        let (seconds, nanos) = chain.get_timestamp().map_or((0, 0), |at| at.to_unix());
        seconds.saturating_mul(1_000) + u64::from(nanos / 1_000_000)
    };
    let newest_ms = kept.iter().map(|kept| begun_ms(kept.head.chain)).max().unwrap_or(0);
    let since_ms = newest_ms.saturating_sub(CLOCKS_APART_MAX_MS);
    kept.iter().filter(|kept| kept.at_ms >= since_ms).map(|kept| kept.head).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = AuditKey::new(b"k");
        assert_ne!(key.of_row("ab", "c", ""), key.of_row("a", "bc", ""));
    }

    #[test]
    fn the_hash_is_hmac_sha256() {
        // HMAC-SHA256 with the key "key" over the length-prefixed purpose, computed elsewhere:
        // printf '\0\0\0\0\0\0\0\x14healthflow audit key' | openssl dgst -sha256 -hmac key
        assert_eq!(AuditKey::new(b"key").name(), "59fc121c");
    }

    #[test]
    fn a_new_chain_names_those_that_grew_since_the_newest_began() {
        let key = AuditKey::new(b"k");
        let chain = |begun_ms: u64| {
            let at = uuid::Timestamp::from_unix(uuid::NoContext, begun_ms / 1_000, 0);
            Uuid::new_v7(at)
        };
        let head = |begun_ms, at_ms| {
            let head = Head { chain: chain(begun_ms), seq: 1, hash: Hash::NOTHING };
            SealedHead::new(&key, head, at_ms)
        };
        let hour = 3_600_000;
        let (ended, lasting) = (head(hour, 2 * hour), head(hour, 10 * hour));
        let newest = head(9 * hour, 9 * hour);
        assert_eq!(to_be_named(&[ended, lasting, newest]), [lasting.head, newest.head]);
        assert_eq!(to_be_named(&[]), []);
    }
}
