#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::cookie_header(data));
