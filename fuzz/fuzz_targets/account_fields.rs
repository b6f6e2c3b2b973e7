#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::account_fields(data));
