#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::stored_event(data));
