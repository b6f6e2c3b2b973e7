//! Finding what was done to the log: pure. Blocks go in as they are kept; findings come out.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use uuid::Uuid;

use super::chain::{AuditKey, Block, Content, Head, SealedHead};
use super::hash::Hash;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The chain it is in.
    pub chain: Uuid,
    /// The block, if it is about one.
    pub seq: Option<u64>,
    /// What is wrong.
    pub what: What,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A block's content, number or hash was changed, or the block was never written by us.
    Altered,
    /// A block was sealed with another key, of this name.
    OtherKey(String),
    /// The blocks from this one to before the finding's are missing.
    MissingFrom(u64),
    /// A block does not follow the one before it.
    Unlinked,
    /// The head says that the chain has more blocks: this many.
    CutOff(u64),
    /// The head is older than the chain, or of another block.
    HeadDiffers,
    /// The head is not as it was written.
    HeadAltered,
    /// The chain has no head.
    HeadMissing,
    /// The chain is named by this chain, and is gone.
    ChainMissing(Witness),
    /// The block is not there, or another than this witness saw.
    NotAsSeen(Witness),
    /// What it says cannot be understood.
    Unreadable(String),
    /// The entry of this identifier is not, or not as it was written, where this scope finds it.
    Row(Uuid, String),
}

/// Who saw where a chain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// The chain that named it.
    Chain(Uuid),
    /// What an operator kept.
    Kept,
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(chain) => write!(f, "the chain {chain}"),
            Self::Kept => f.write_str("the text kept from an earlier run"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chain {}", self.chain)?;
        if let Some(seq) = self.seq {
            write!(f, " block {seq}")?;
        }
        match &self.what {
            What::Altered => f.write_str(": it was changed, or never written by HealthFlow"),
            What::OtherKey(name) => {
                write!(f, ": it was changed, or sealed with another key, named {name}")
            }
            What::MissingFrom(from) => write!(f, ": the blocks from {from} to before it are gone"),
            What::Unlinked => f.write_str(": it does not follow the block before it"),
            What::CutOff(seq) => write!(f, ": its end is gone; it had {seq} blocks"),
            What::HeadDiffers => f.write_str(": its head is of another block"),
            What::HeadAltered => f.write_str(": its head was changed"),
            What::HeadMissing => f.write_str(": its head is gone"),
            What::ChainMissing(by) => write!(f, ": it is gone; {by} names it"),
            What::NotAsSeen(by) => write!(f, ": it is not the block that {by} names"),
            What::Unreadable(why) => write!(f, ": it cannot be understood: {why}"),
            What::Row(id, scope) => {
                write!(f, ": its entry {id} is missing or changed in the list of {scope}")
            }
        }
    }
}

/// How far a chain was followed.
#[derive(Clone, Copy, Debug)]
struct Followed {
    end: Head,
}

/// A log on its way through verification.
pub struct Verification {
    key: AuditKey,
    heads: BTreeMap<Uuid, SealedHead>,
    chains: BTreeMap<Uuid, Followed>,
    seen: Vec<(Head, Witness)>,
    findings: Vec<Finding>,
}

impl Verification {
    /// Begins with the heads as they are before any block is read, and those that an operator kept
    /// from an earlier run.
    #[must_use]
    pub fn new(key: AuditKey, heads: Vec<SealedHead>, kept: &[Head]) -> Self {
        let mut begun = Self {
            key,
            heads: BTreeMap::new(),
            chains: BTreeMap::new(),
            seen: kept.iter().map(|head| (*head, Witness::Kept)).collect(),
            findings: Vec::new(),
        };
        for head in heads {
            if head.is_genuine(&begun.key) {
                begun.heads.insert(head.head.chain, head);
            } else {
                begun.find(head.head.chain, None, What::HeadAltered);
            }
        }
        begun
    }

    fn find(&mut self, chain: Uuid, seq: Option<u64>, what: What) {
        self.findings.push(Finding { chain, seq, what });
    }

    /// Takes in the next block; those of one chain come in their order. Its content, if that is
    /// genuine.
    pub fn see(&mut self, block: &Block) -> Option<Content> {
        let (chain, seq) = (block.chain, block.seq);
        let before = self.chains.insert(chain, Followed { end: block.head() }).map(|of| of.end);
        let (expected, prev) = before.map_or((1, Hash::NOTHING), |end| (end.seq + 1, end.hash));
        if seq != expected {
            self.find(chain, Some(seq), What::MissingFrom(expected));
        } else if block.prev != prev {
            self.find(chain, Some(seq), What::Unlinked);
        }
        if !block.is_genuine(&self.key) {
            let other = self.key.named(&block.key_name).is_none();
            let what = if other { What::OtherKey(block.key_name.clone()) } else { What::Altered };
            self.find(chain, Some(seq), what);
            return None;
        }
        match block.content() {
            Ok(content) => {
                let witness = Witness::Chain(chain);
                self.seen.extend(content.heads.iter().map(|head| (*head, witness)));
                Some(content)
            }
            Err(error) => {
                self.find(chain, Some(seq), What::Unreadable(error.to_string()));
                None
            }
        }
    }

    /// Notes a finding that others made.
    pub fn note(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Blocks that somebody saw and that are no chain's last one: their hashes have to be looked
    /// up for [`Self::finish`].
    #[must_use]
    pub fn to_look_up(&self) -> Vec<(Uuid, u64)> {
        let is_end = |head: &Head| {
            self.chains.get(&head.chain).is_none_or(|followed| followed.end.seq <= head.seq)
        };
        let seen = self.seen.iter().map(|(head, _)| head);
        seen.filter(|head| !is_end(head)).map(|head| (head.chain, head.seq)).collect()
    }

    /// Concludes, with the heads as they are after all blocks were read, and the hashes of
    /// [`Self::to_look_up`]. A log that grows meanwhile is no finding.
    #[must_use]
    pub fn finish(
        mut self,
        heads_after: &[SealedHead],
        hashes: &HashMap<(Uuid, u64), Hash>,
    ) -> Verdict {
        self.compare_with_heads(heads_after);
        for (head, witness) in std::mem::take(&mut self.seen) {
            let Some(Followed { end }) = self.chains.get(&head.chain).copied() else {
                self.find(head.chain, None, What::ChainMissing(witness));
                continue;
            };
            let there = match end.seq == head.seq {
                true => Some(end.hash),
                false => hashes.get(&(head.chain, head.seq)).copied(),
            };
            if there != Some(head.hash) {
                self.find(head.chain, Some(head.seq), What::NotAsSeen(witness));
            }
        }
        let mut findings = self.findings;
        findings.sort_by_key(|finding| (finding.chain, finding.seq));
        findings.dedup();
        Verdict { findings, heads: self.chains.values().map(|followed| followed.end).collect() }
    }

    fn compare_with_heads(&mut self, after: &[SealedHead]) {
        let genuine = after.iter().filter(|head| head.is_genuine(&self.key));
        let after: BTreeMap<Uuid, Head> =
            genuine.map(|head| (head.head.chain, head.head)).collect();
        let mut found = Vec::new();
        for (chain, before) in &self.heads {
            match self.chains.get(chain) {
                Some(Followed { end }) if end.seq >= before.head.seq => {}
                _ => found.push((*chain, What::CutOff(before.head.seq))),
            }
        }
        for (chain, Followed { end }) in &self.chains {
            match after.get(chain) {
                None => found.push((*chain, What::HeadMissing)),
                Some(head) if head.seq < end.seq => found.push((*chain, What::HeadDiffers)),
                Some(head) if head.seq == end.seq && head.hash != end.hash => {
                    found.push((*chain, What::HeadDiffers));
                }
                Some(_) => {}
            }
        }
        found.into_iter().for_each(|(chain, what)| self.find(chain, None, what));
    }
}

/// What verification came to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What is not as it was written.
    pub findings: Vec<Finding>,
    /// Where every chain ends, by its identifier: what an operator keeps elsewhere.
    pub heads: Vec<Head>,
}

#[cfg(test)]
mod tests;
