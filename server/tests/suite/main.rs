//! Black-box tests of the server: its ports under contract, its API, and the whole path.
//!
//! What needs LocalStack is marked `ignored` and run by `tools/test`, which starts one.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]
// What a test found, for whoever looks at its output.
#![allow(clippy::print_stdout)]

mod access;
mod accounts;
mod acknowledging;
mod another_person;
mod audit;
mod auditing;
mod coming_back;
mod cross_origin;
mod emergencies;
mod endpoints;
mod event_store_contract;
mod flood;
mod input;
mod key_heat;
mod killing;
mod lane;
mod listening;
mod lists;
mod localstack;
mod localstack_outage;
mod markup;
mod messaging_contract;
mod names;
mod observed;
mod parsers;
mod poison;
mod process;
mod protective_headers;
mod putting_right;
mod quota;
mod read_models_contract;
mod reasons;
mod rebuilding;
mod saving;
mod scenario;
mod scriptless;
mod sealed;
mod second_look;
mod secrets;
mod security_doc;
mod sessions;
mod simulation;
mod stream;
mod taking_in;
mod test_app;
mod tokens;
mod tracing_export;
mod web;
