#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::device_token(data));
