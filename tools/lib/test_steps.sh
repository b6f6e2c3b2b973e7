# shellcheck shell=bash
# The steps of tools/test and the account of what passed and failed.
# Sourced by tools/test, never run.

readonly TEST_LOG_DIR=target/test-logs
readonly SERVER_UNDER_TEST=target/debug/healthflow
readonly JUNIT=target/nextest/default/junit.xml
PASSED=0
FAILED=0
FAILED_STEPS=()
LOCALSTACK_CHOSEN=false
WHICH_TESTS=()

begin_report() {
  BEGAN=$SECONDS
  rm -rf "$TEST_LOG_DIR"
  mkdir -p "$TEST_LOG_DIR"
}

# step NAME COMMAND… : a check. It is no test, so it counts only when it fails.
step() {
  local name=$1
  shift
  if ! logged "$name" "$@"; then
    FAILED=$((FAILED + 1))
    FAILED_STEPS+=("$name")
  fi
}

# test_step NAME COUNT COMMAND… : COUNT prints "passed failed" out of the step's log.
test_step() {
  local name=$1 count=$2 passed=0 failed=0 result=0
  shift 2
  rm -f "$JUNIT"
  logged "$name" "$@" || result=$?
  read -r passed failed < <("$count" "$(log_of "$name")") || true
  # A suite that fails without a failed test did not get as far as its tests.
  ((result == 0 || ${failed:-0} > 0)) || failed=1
  PASSED=$((PASSED + ${passed:-0}))
  FAILED=$((FAILED + ${failed:-0}))
  ((result == 0 && ${failed:-0} == 0)) || FAILED_STEPS+=("$name")
}

log_of() {
  printf '%s/%s.log' "$TEST_LOG_DIR" "${1//[^a-zA-Z0-9]/-}"
}

logged() {
  local name=$1 began=$SECONDS result=0
  shift
  heading "== $name"
  if [[ $RUST_IS_FROM_DEBIAN == true && " check_format lint_native lint_wasm " == *" $1 "* ]]; then
    say "== $name: skipped, Debian's Rust comes without it"
    return
  fi
  "$@" 2>&1 | tee "$(log_of "$name")" || result=$?
  if ((result == 0)); then
    say "== $name: passed in $(elapsed $((SECONDS - began)))"
  else
    say "== ${RED}$name: FAILED${PLAIN} after $(elapsed $((SECONDS - began))), log: $(log_of "$name")"
  fi
  return "$result"
}

# Runs however the script ends: what was started is stopped, and the last line counts.
finish() {
  local result=$1
  trap - EXIT
  trap '' INT TERM
  stop_localstack
  if ((result != 0 && FAILED == 0)); then
    FAILED=1
    FAILED_STEPS+=("stopped before the end")
  fi
  say ""
  say "Took $(elapsed $((SECONDS - BEGAN))); logs in $TEST_LOG_DIR/"
  ((${#FAILED_STEPS[@]} == 0)) || say "Failed: $(printf '%s; ' "${FAILED_STEPS[@]}" | sed 's/; $//')"
  printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
  ((FAILED == 0)) || exit $((result == 0 ? 1 : result))
  exit "$result"
}

# --- Counting ---

nextest_counts() {
  # The first element sums up all suites; failures and errors are both failed tests.
  [[ -e $JUNIT ]] && sed -nE '/<testsuites /{
    s/.* tests="([0-9]+)".* failures="([0-9]+)".* errors="([0-9]+)".*/\1 \2 \3/p;q
  }' "$JUNIT" | awk '{ print $1 - $2 - $3, $2 + $3 }'
}

doctest_counts() {
  without_colours "$1" | awk '/^test result:/ { passed += $4; failed += $6 } END { print passed + 0, failed + 0 }'
}

browser_counts() {
  without_colours "$1" | sed -nE 's/^browser: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' | tail -n 1
}

without_colours() {
  sed 's/\x1b\[[0-9;]*m//g' "$1"
}

# --- Steps ---

check_scripts() {
  find tools .ci -maxdepth 2 -type f -exec grep -lZE '^#!.*bash|^# shellcheck shell=' {} + | xargs -0 shellcheck -x
}

check_format() {
  cargo fmt --all --check
}

lint_native() {
  cargo clippy --workspace --all-targets -- -D warnings
}

# In the folder and by the profile with which cargo-leptos builds the apps, for what both need on the way.
lint_wasm() {
  cargo clippy -p browser-patient -p browser-clinician --features hydrate \
    --target wasm32-unknown-unknown --target-dir target/front --profile wasm-dev -- -D warnings
}

document() {
  RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
}

# The list of advisories is fetched anew each time, and not every network lets it through.
check_advisories() {
  local result=0 output
  output=$(timeout 120 cargo deny --color never check advisories 2>&1) || result=$?
  printf '%s\n' "$output"
  if ((result != 0)) && grep -qiE 'failed to (fetch|clone)|unable to (fetch|clone)|timed out' <<<"$output"; then
    echo "not checked: the list of advisories could not be fetched here"
    return 0
  fi
  return "$result"
}

# The apps by cargo-leptos, the server as the tests build it: its features differ a little from
# those of the server alone, so that building both would compile half of the tree twice.
build_for_tests() {
  # Another build than the one tools/run remembers.
  rm -f "$BUILD_STAMP" "$SERVER_UNDER_TEST"
  cargo leptos build --frontend-only &&
    cargo nextest run --workspace --no-run || return 1
  # Integration tests bring the server along; without any it is built by itself.
  [[ -x $SERVER_UNDER_TEST ]] || cargo build --package server
}

run_tests() {
  cargo nextest run --workspace "${WHICH_TESTS[@]}"
}

# --- LocalStack ---

# On ports and in a folder of its own, beside whatever the person runs.
choose_localstack_place() {
  local port
  port=$(free_port 14566)
  export HEALTHFLOW_LOCALSTACK_DIR=target/test-localstack
  export HEALTHFLOW_LOCALSTACK_PORT=$port
  HEALTHFLOW_LOCALSTACK_DYNAMODB_PORT=$(free_port $((port + 1)))
  export HEALTHFLOW_LOCALSTACK_DYNAMODB_PORT
  LOCALSTACK_CHOSEN=true
  # What an interrupted run left behind.
  tools/localstack stop 2>/dev/null
  rm -rf "$HEALTHFLOW_LOCALSTACK_DIR"
}

start_localstack() {
  HEALTHFLOW_BIN="$SERVER_UNDER_TEST" tools/localstack start
}

stop_localstack() {
  [[ $LOCALSTACK_CHOSEN == true ]] || return 0
  tools/localstack stop || true
}

# The tests marked as ignored are those that need LocalStack; these two name it to them.
name_localstack_for_tests() {
  local environment
  environment=$(tools/localstack env 2>/dev/null) || return 0
  HEALTHFLOW_TEST_LOCALSTACK_URL=$(endpoint_in "$environment" AWS_ENDPOINT_URL)
  HEALTHFLOW_TEST_LOCALSTACK_DYNAMODB_URL=$(endpoint_in "$environment" AWS_ENDPOINT_URL_DYNAMODB)
  export HEALTHFLOW_TEST_LOCALSTACK_URL HEALTHFLOW_TEST_LOCALSTACK_DYNAMODB_URL
  # What LocalStack takes for credentials; the SDKs insist on having some.
  export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  WHICH_TESTS=(--run-ignored all)
}

endpoint_in() {
  sed -n "s/^export $2=//p" <<<"$1"
}

# --- Browser ---

# Starts the server that was built above by itself. Its count is marked as its own, so that the
# last line of all stands alone.
test_in_browser() {
  npm --prefix end2end ci --no-fund --no-audit && run_browser_tests
}

# The main loop once more, on the backend that `tools/run --localstack` takes.
test_in_browser_on_localstack() {
  local environment
  environment=$(tools/localstack env) || return 1
  eval "$environment"
  "$SERVER_UNDER_TEST" provision && run_browser_tests main_loop
}

# run_browser_tests [FILE…]
run_browser_tests() {
  HEALTHFLOW_BIN="$HEALTHFLOW_ROOT/$SERVER_UNDER_TEST" npm --prefix end2end test -- "$@" |
    sed -uE 's/^([0-9]+ passed, [0-9]+ failed)$/browser: \1/'
}
