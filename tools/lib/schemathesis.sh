# shellcheck shell=bash
# Calls the REST API of a running server with what its own description allows and forbids.
# Sourced by tools/test after test_steps.sh, never run.

readonly SCHEMATHESIS_VENV="$TOOLS_DIR/schemathesis-$SCHEMATHESIS_VERSION"
readonly SCHEMATHESIS_DIR=target/test-schemathesis

# --- Installing ---

set_up_schemathesis() {
  [[ -e $SCHEMATHESIS_VENV/complete ]] && return
  local version
  version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  version_at_least "$version" 3.11 || fail "Python $version is too old for Schemathesis" \
    "put a python3 of 3.11 or newer first on PATH"
  # Debian ships Python without this part.
  python3 -c 'import venv, ensurepip' 2>/dev/null || install_packages python3-venv
  mkdir -p "$TOOLS_DIR"
  attempt "Schemathesis $SCHEMATHESIS_VERSION" one_at_a_time install_schemathesis ||
    fail_step "Schemathesis could not be installed" "if the network failed, start again"
}

install_schemathesis() {
  [[ -e $SCHEMATHESIS_VENV/complete ]] && return
  rm -rf "$SCHEMATHESIS_VENV"
  python3 -m venv "$SCHEMATHESIS_VENV" &&
    "$SCHEMATHESIS_VENV/bin/pip" install --disable-pip-version-check --no-deps \
      --requirement tools/lib/schemathesis_requirements.txt &&
    touch "$SCHEMATHESIS_VENV/complete"
}

# --- Running ---

# As a patient, a clinician and an auditor, each on their own app's address. Not as an administrator,
# who can hold the breaker and disable whoever asks.
check_described_api() (
  rm -rf "$SCHEMATHESIS_DIR"
  mkdir -p "$SCHEMATHESIS_DIR"
  local patient_port clinician_port server patient clinician auditor result=0
  patient_port=$(free_port 15173)
  clinician_port=$(free_port $((patient_port + 1)))
  HEALTHFLOW_DEMO=true HEALTHFLOW_DATA_DIR="$SCHEMATHESIS_DIR/data" HEALTHFLOW_LOG=warn \
    HEALTHFLOW_PATIENT_ADDR="127.0.0.1:$patient_port" \
    HEALTHFLOW_CLINICIAN_ADDR="127.0.0.1:$clinician_port" \
    HEALTHFLOW_DYNAMODB_ADDR=off HEALTHFLOW_METRICS_ADDR=off HEALTHFLOW_QUOTA_PER_MINUTE=0 \
    HEALTHFLOW_SIGN_IN_FAILURES_PER_ACCOUNT=0 HEALTHFLOW_SIGN_IN_FAILURES_PER_ADDRESS=0 \
    HEALTHFLOW_REGISTRATIONS_PER_ADDRESS=0 \
    "$SERVER_UNDER_TEST" serve >"$SCHEMATHESIS_DIR/server.log" 2>&1 &
  server=$!
  # shellcheck disable=SC2064  # this very process
  trap "kill $server 2>/dev/null; wait $server 2>/dev/null" EXIT
  wait_for_port "$clinician_port" 20 "$server" || {
    cat "$SCHEMATHESIS_DIR/server.log"
    return 1
  }
  patient=$(log_in "$patient_port" '{"username":"anna","password":"a good long one","role":"patient"}') &&
    clinician=$(log_in "$clinician_port" '{"username":"clinician1","password":"demo","role":"clinician"}') &&
    auditor=$(log_in "$clinician_port" '{"username":"auditor1","password":"demo","role":"auditor"}') ||
    return 1
  # Whom the requests may be about, see schemathesis.toml.
  printf '"%s"\n' "$(field_of "$patient" patient_id)" >"$SCHEMATHESIS_DIR/patients.txt"
  run_schemathesis patient "$patient_port" "$(field_of "$patient" token)" || result=1
  run_schemathesis clinician "$clinician_port" "$(field_of "$clinician" token)" || result=1
  run_schemathesis auditor "$clinician_port" "$(field_of "$auditor" token)" || result=1
  if grep -i panicked "$SCHEMATHESIS_DIR/server.log"; then
    result=1
  fi
  return "$result"
)

log_in() {
  curl --silent --show-error --fail --noproxy '*' --header 'Content-Type: application/json' \
    --data "$2" "http://127.0.0.1:$1/api/login"
}

# field_of JSON NAME : the text in a field of a flat object.
field_of() {
  sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" <<<"$1"
}

# run_schemathesis WHO PORT TOKEN
run_schemathesis() {
  # The token goes by the environment: arguments are shown to everybody on the machine.
  HEALTHFLOW_TEST_TOKEN=$3 NO_PROXY='*' \
    "$SCHEMATHESIS_VENV/bin/schemathesis" --no-color --config-file tools/lib/schemathesis.toml \
    run "http://127.0.0.1:$2/api/openapi.json" \
    --report junit --report-junit-path "$SCHEMATHESIS_DIR/$1.xml"
}

# "passed failed": operations, and the way from one to the next, as each of them.
schemathesis_counts() {
  sed -nE '/<testsuites /s/.* errors="([0-9]+)" failures="([0-9]+)" .*tests="([0-9]+)".*/\3 \2 \1/p' \
    "$SCHEMATHESIS_DIR"/*.xml | awk '{ passed += $1 - $2 - $3; failed += $2 + $3 } END { print passed + 0, failed + 0 }'
}
