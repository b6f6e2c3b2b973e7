#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::address_of_form(data));
