//! Every parser of outside input, fed by the functions of the fuzz targets: with the seeds, with
//! changes of them, and with any text and bytes. `tools/fuzz` goes on where this ends.

use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

#[path = "../../../fuzz/parsers.rs"]
#[allow(unreachable_pub, reason = "the fuzz targets use it from outside")]
mod targets;

use targets::{TARGETS, Target};

/// So many inputs each target gets.
const INPUTS: u32 = 1_000;

fn fuzz_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn seeds_of(name: &str) -> Vec<Vec<u8>> {
    let folder = fuzz_dir().join("seeds").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("{folder:?} has no seeds"));
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

/// A seed with some bytes replaced, taken out or put in.
fn changed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), 0..3_u8, prop_oneof![any::<u8>(), b' '..=b'~']);
    (select(seeds), vec(change, 0..6)).prop_map(|(mut bytes, changes)| {
        for (place, what, byte) in changes {
            let at = place.index(bytes.len() + 1);
            match what {
                0 if at < bytes.len() => bytes[at] = byte,
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        bytes
    })
}

fn try_out(name: &str, target: Target) {
    let seeds = seeds_of(name);
    seeds.iter().for_each(|seed| target(seed));
    let input = prop_oneof![
        6 => changed(seeds),
        1 => any::<String>().prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..400),
    ];
    let config = Config { cases: INPUTS, failure_persistence: None, ..Config::default() };
    let found = TestRunner::new(config).run(&input, |bytes| {
        target(&bytes);
        Ok(())
    });
    found.unwrap_or_else(|fault| panic!("{name}: {fault}"));
}

#[test]
fn no_input_breaks_a_parser_or_its_promises() {
    std::thread::scope(|scope| {
        for (name, target) in TARGETS {
            scope.spawn(move || try_out(name, target));
        }
    });
}

#[test]
fn every_parser_has_a_fuzz_target() {
    let folder = fuzz_dir().join("fuzz_targets");
    let mut programs: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut names = TARGETS.map(|(name, _)| name.to_owned()).to_vec();
    programs.sort();
    names.sort();
    assert_eq!(programs, names);
}
