#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::proxy_headers(data));
