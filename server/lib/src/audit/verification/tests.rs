use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn key() -> AuditKey {
    AuditKey::new(b"the key of these tests, outside the database")
}

/// A log as the database holds it.
#[derive(Clone, Debug, PartialEq)]
struct Kept {
    blocks: BTreeMap<(Uuid, u64), Block>,
    heads: BTreeMap<Uuid, SealedHead>,
}

impl Kept {
    /// Chains of so many blocks, each of which names the ends of those before it.
    fn of(lengths: &[u8]) -> Self {
        let mut kept = Self { blocks: BTreeMap::new(), heads: BTreeMap::new() };
        for (chain, length) in (1_u128..).map(Uuid::from_u128).zip(lengths) {
            let (mut end, mut heads): (_, Vec<Head>) =
                (None, kept.heads.values().map(|sealed| sealed.head).collect());
            for n in 0..=*length {
                let text = serde_json::value::to_raw_value(&format!("entry {n} of {chain}"));
                let entries = vec![text.expect("JSON")];
                let content = Content { heads: std::mem::take(&mut heads), entries };
                let body = serde_json::to_string(&content).expect("JSON");
                let block = Block::following(&key(), chain, end, body);
                end = Some(block.head());
                kept.heads.insert(chain, SealedHead::new(&key(), block.head(), n.into()));
                kept.blocks.insert((chain, block.seq), block);
            }
        }
        kept
    }

    fn verified_with(&self, key: AuditKey, expected: &[Head]) -> Verdict {
        let heads: Vec<SealedHead> = self.heads.values().copied().collect();
        let mut verification = Verification::new(key, heads.clone(), expected);
        for ((chain, seq), block) in &self.blocks {
            // What an item says of its place is its key.
            let _ = verification.see(&Block { chain: *chain, seq: *seq, ..block.clone() });
        }
        let hashes = verification.to_look_up().into_iter();
        let hashes = hashes.filter_map(|at| Some((at, self.blocks.get(&at)?.hash))).collect();
        verification.finish(&heads, &hashes)
    }

    fn verified(&self) -> Vec<Finding> {
        self.verified_with(key(), &[]).findings
    }

    fn heads(&self) -> Vec<Head> {
        self.verified_with(key(), &[]).heads
    }
}

/// What somebody can do who can write to the database and has no key.
#[derive(Clone, Debug)]
enum Tampering {
    EditBody(Index, Index, u8),
    EditHash(Index, u8),
    EditPrev(Index, u8),
    RenameKey(Index),
    Remove(Index),
    RemoveBoth(Index, Index),
    Swap(Index, Index),
    Renumber(Index, u64),
    CopyOver(Index, Index),
    InsertForged(Index, u64),
    CutOff(Index),
    RemoveHead(Index),
    EditHead(Index, u64),
    RemoveChain(Index),
}

impl Tampering {
    /// Does it; a tampering that changes nothing is none.
    fn with(&self, kept: &Kept) -> Kept {
        let mut kept = kept.clone();
        let keys: Vec<(Uuid, u64)> = kept.blocks.keys().copied().collect();
        if keys.is_empty() {
            return kept;
        }
        let at = |index: &Index| *index.get(&keys);
        let forged = AuditKey::new(b"another key");
        match self {
            Self::EditBody(index, byte, by) => {
                let block = kept.blocks.get_mut(&at(index)).expect("there");
                let mut body = block.body.clone().into_bytes();
                let byte = byte.index(body.len());
                body[byte] = b' ' + (body[byte].wrapping_add(*by)) % 95;
                block.body = String::from_utf8(body).expect("ASCII");
            }
            Self::EditHash(index, n) => {
                kept.blocks.get_mut(&at(index)).expect("there").hash =
                    forged.of_heads(&n.to_string());
            }
            Self::EditPrev(index, n) => {
                kept.blocks.get_mut(&at(index)).expect("there").prev =
                    forged.of_heads(&n.to_string());
            }
            Self::RenameKey(index) => {
                let block = kept.blocks.get_mut(&at(index)).expect("there");
                block.body.push(' ');
                block.key_name = "another".to_owned();
            }
            Self::Remove(index) => drop(kept.blocks.remove(&at(index))),
            Self::RemoveBoth(one, other) => {
                kept.blocks.remove(&at(one));
                kept.blocks.remove(&at(other));
            }
            Self::Swap(one, other) => {
                let (a, b) = (kept.blocks[&at(one)].clone(), kept.blocks[&at(other)].clone());
                kept.blocks.insert(at(one), b);
                kept.blocks.insert(at(other), a);
            }
            Self::Renumber(index, by) => {
                let block = kept.blocks.remove(&at(index)).expect("there");
                kept.blocks.insert((at(index).0, at(index).1 + by), block);
            }
            Self::CopyOver(from, to) => {
                let copy = kept.blocks[&at(from)].clone();
                kept.blocks.insert(at(to), copy);
            }
            Self::InsertForged(index, by) => {
                let (chain, _) = at(index);
                let end = kept.heads.get(&chain).map(|sealed| sealed.head);
                let block = Block::following(&forged, chain, end, "{}".to_owned());
                kept.blocks.insert((chain, block.seq - 1 + by), block);
            }
            Self::CutOff(index) => {
                let (chain, from) = at(index);
                kept.blocks.retain(|(of, seq), _| *of != chain || *seq < from);
            }
            Self::RemoveHead(index) => drop(kept.heads.remove(&at(index).0)),
            Self::EditHead(index, by) => {
                if let Some(sealed) = kept.heads.get_mut(&at(index).0) {
                    sealed.head.seq += by;
                }
            }
            Self::RemoveChain(index) => {
                // With its head; the newest chain is another matter, see below.
                let newest = kept.heads.keys().next_back().copied();
                let chain = at(index).0;
                if Some(chain) != newest {
                    kept.heads.remove(&chain);
                    kept.blocks.retain(|(of, _), _| *of != chain);
                }
            }
        }
        kept
    }
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let index = any::<Index>;
    let some = 1_u64..4;
    prop_oneof![
        (index(), index(), any::<u8>()).prop_map(|(a, b, c)| Tampering::EditBody(a, b, c)),
        (index(), any::<u8>()).prop_map(|(a, n)| Tampering::EditHash(a, n)),
        (index(), any::<u8>()).prop_map(|(a, n)| Tampering::EditPrev(a, n)),
        index().prop_map(Tampering::RenameKey),
        index().prop_map(Tampering::Remove),
        (index(), index()).prop_map(|(a, b)| Tampering::RemoveBoth(a, b)),
        (index(), index()).prop_map(|(a, b)| Tampering::Swap(a, b)),
        (index(), some.clone()).prop_map(|(a, n)| Tampering::Renumber(a, n)),
        (index(), index()).prop_map(|(a, b)| Tampering::CopyOver(a, b)),
        (index(), some.clone()).prop_map(|(a, n)| Tampering::InsertForged(a, n)),
        index().prop_map(Tampering::CutOff),
        index().prop_map(Tampering::RemoveHead),
        (index(), some).prop_map(|(a, n)| Tampering::EditHead(a, n)),
        index().prop_map(Tampering::RemoveChain),
    ]
}

fn log() -> impl Strategy<Value = Kept> {
    prop::collection::vec(0_u8..6, 1..5).prop_map(|lengths| Kept::of(&lengths))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_log_that_nobody_touched_has_no_findings(kept in log()) {
        prop_assert_eq!(kept.verified(), []);
    }

    #[test]
    fn whatever_is_done_without_the_key_is_found(kept in log(), done in tampering()) {
        let tampered = done.with(&kept);
        prop_assume!(tampered != kept);
        prop_assert_ne!(tampered.verified(), []);
    }

    #[test]
    fn however_much_is_done_is_found_by_what_was_kept(
        kept in log(),
        done in prop::collection::vec(tampering(), 1..6),
    ) {
        let tampered = done.iter().fold(kept.clone(), |kept, done| done.with(&kept));
        prop_assume!(tampered != kept);
        prop_assert_ne!(tampered.verified_with(key(), &kept.heads()).findings, []);
    }

    #[test]
    fn putting_back_an_older_state_is_found_by_what_was_kept(
        lengths in prop::collection::vec(0_u8..6, 1..5),
        chain in any::<Index>(),
    ) {
        let kept = Kept::of(&lengths);
        let mut shorter = lengths.clone();
        let chain = chain.index(lengths.len());
        prop_assume!(shorter[chain] > 0);
        shorter[chain] -= 1;
        // All of it, heads too, as it was before that block was written.
        let rolled_back = Kept::of(&shorter);
        let verdict = rolled_back.verified_with(key(), &kept.heads());
        prop_assert_ne!(verdict.findings, []);
    }

    #[test]
    fn a_log_that_grew_is_what_was_kept_and_more(lengths in prop::collection::vec(0_u8..6, 1..5)) {
        let before = Kept::of(&lengths).heads();
        let mut longer = lengths.clone();
        *longer.last_mut().expect("a chain") += 2;
        longer.push(3);
        prop_assert_eq!(Kept::of(&longer).verified_with(key(), &before).findings, []);
    }
}

#[test]
fn the_newest_chain_taken_away_is_found_by_what_was_kept() {
    let (with, without) = (Kept::of(&[2, 3]), Kept::of(&[2]));
    assert_eq!(without.verified(), []);
    let findings = without.verified_with(key(), &with.heads()).findings;
    let what = What::ChainMissing(Witness::Kept);
    assert_eq!(findings, [Finding { chain: Uuid::from_u128(2), seq: None, what }]);
}

#[test]
fn another_key_is_named() {
    let findings = Kept::of(&[0]).verified_with(AuditKey::new(b"another"), &[]).findings;
    let what = What::OtherKey(key().name().to_owned());
    assert!(findings.iter().any(|finding| finding.what == what), "{findings:?}");
}

#[test]
fn each_finding_names_its_block() {
    let mut kept = Kept::of(&[5]);
    let chain = Uuid::from_u128(1);
    kept.blocks.get_mut(&(chain, 2)).expect("there").body.push(' ');
    kept.blocks.remove(&(chain, 4));
    let found: Vec<_> = kept.verified().into_iter().map(|found| (found.seq, found.what)).collect();
    assert_eq!(found, [(Some(2), What::Altered), (Some(5), What::MissingFrom(4))]);
}

#[test]
fn a_log_that_grows_while_it_is_read_has_no_findings() {
    let (before, after) = (Kept::of(&[2]), Kept::of(&[4]));
    let heads: Vec<SealedHead> = before.heads.values().copied().collect();
    let heads_after: Vec<SealedHead> = after.heads.values().copied().collect();
    let mut verification = Verification::new(key(), heads, &[]);
    for (_, block) in after.blocks.iter().take(4) {
        assert!(verification.see(block).is_some());
    }
    let verdict = verification.finish(&heads_after, &HashMap::new());
    assert_eq!(verdict.findings, []);
    assert_eq!(verdict.heads.first().map(|head| head.seq), Some(4));
}
