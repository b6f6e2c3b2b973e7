# shellcheck shell=bash
# LocalStack as a plain process, without Docker, and HealthFlow's DynamoDB endpoint beside it.
# Sourced by tools/localstack, which sets STATE_DIR, PORT and DYNAMODB_PORT; never run.

readonly LOCALSTACK_VENV="$TOOLS_DIR/localstack-$LOCALSTACK_VERSION"

start_with_host() {
  # For what set-up installed earlier, and a cargo that is not on the shell's path.
  use_tools_dir
  require_free_address HEALTHFLOW_LOCALSTACK_DYNAMODB_PORT "$DYNAMODB_PORT"
  set_up_packages python3:python3
  set_up_localstack
  start_dynamodb
  start_supervisor
}

# --- Installing ---

set_up_localstack() {
  [[ -e $LOCALSTACK_VENV/complete ]] && return
  mkdir -p "$TOOLS_DIR"
  require_python
  attempt "LocalStack $LOCALSTACK_VERSION" one_at_a_time install_localstack ||
    fail_step "LocalStack could not be installed" \
      "if the network failed, start again" "or install Docker, which is used where its engine answers"
}

require_python() {
  local version
  version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  version_at_least "$version" 3.10 || fail "Python $version is too old for LocalStack" \
    "put a python3 of 3.10 or newer first on PATH" "or install Docker, which is used where its engine answers"
  # Debian ships Python without this part.
  python3 -c 'import venv, ensurepip' 2>/dev/null || install_packages python3-venv
}

install_localstack() {
  [[ -e $LOCALSTACK_VENV/complete ]] && return
  rm -rf "$LOCALSTACK_VENV"
  local uv python version=$LOCALSTACK_VERSION
  uv=$(command -v uv) || uv="$LOCALSTACK_VENV/uv/bin/uv"
  # Only uv can be told to leave out everything newer than a day, see common.sh.
  if [[ ! -x $uv ]]; then
    python3 -m venv "$LOCALSTACK_VENV/uv" &&
      "$LOCALSTACK_VENV/uv/bin/pip" install --disable-pip-version-check uv || return 1
  fi
  if ! python=$("$uv" python find --no-python-downloads '>=3.12,<3.14' 2>/dev/null); then
    version=$LOCALSTACK_VERSION_FOR_OLD_PYTHON
    python=$(command -v python3)
  fi
  "$uv" venv --python "$python" "$LOCALSTACK_VENV/venv" &&
    "$uv" pip install --python "$LOCALSTACK_VENV/venv/bin/python" \
      --exclude-newer "$LOCALSTACK_DEPENDENCIES_BEFORE" "localstack-core[runtime]==$version" &&
    printf '%s\n' "$version" >"$LOCALSTACK_VENV/complete"
}

# --- Running ---

start_supervisor() {
  # The last five: no reports home, no certificate and no name server, neither is needed on loopback.
  start_process localstack env OVERRIDE_IN_DOCKER=0 "GATEWAY_LISTEN=127.0.0.1:$PORT" \
    "LOCALSTACK_HOST=127.0.0.1:$PORT" SERVICES=events,sqs STRICT_SERVICE_LOADING=1 \
    SQS_ENDPOINT_STRATEGY=path "FILESYSTEM_ROOT=$STATE_DIR/files" DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 DNS_ADDRESS=0 \
    "$LOCALSTACK_VENV/venv/bin/localstack-supervisor"
  wait_until_healthy process_lives localstack ||
    fail_process localstack "LocalStack did not become ready within ${START_LIMIT_SECONDS} s"
}

start_dynamodb() {
  local program
  program=$(healthflow_program)
  start_process dynamodb "$program" dynamodb --listen "127.0.0.1:$DYNAMODB_PORT" --file "$STATE_DIR/dynamodb.sqlite"
  wait_for_port "$DYNAMODB_PORT" 20 "$(cat "$STATE_DIR/dynamodb.pid")" ||
    fail_process dynamodb "HealthFlow's DynamoDB endpoint did not start"
}

# The newest build of the server, built when there is none yet.
healthflow_program() {
  local program
  program=${HEALTHFLOW_BIN:-$(newest_healthflow)}
  if [[ -z $program ]]; then
    set_up_packages cc:build-essential
    set_up_rust
    say "  Building the server, which serves DynamoDB beside LocalStack."
    cargo build --package server >&2
    program=target/debug/healthflow
  fi
  printf '%s' "$program"
}

newest_healthflow() {
  local program newest=''
  for program in target/release/healthflow target/debug/healthflow; do
    [[ -x $program && (-z $newest || $program -nt $newest) ]] && newest=$program
  done
  printf '%s' "$newest"
}

# start_process NAME COMMAND… : apart from this terminal, so that its Ctrl-C does not reach it.
start_process() {
  local name=$1
  shift
  setsid "$@" >"$STATE_DIR/$name.log" 2>&1 </dev/null &
  printf '%s' "$!" >"$STATE_DIR/$name.pid"
}

process_lives() {
  local pid
  pid=$(cat "$STATE_DIR/$1.pid" 2>/dev/null) || return 1
  kill -0 "$pid" 2>/dev/null || return 1
  # After a restart of the machine the number may be another program's.
  grep -q "$1" "/proc/$pid/cmdline" 2>/dev/null
}

fail_process() {
  tail -n 20 "$STATE_DIR/$1.log" | sed 's/^/    /' >&2 || true
  fail "$2" "the whole log: $STATE_DIR/$1.log"
}

stop_host() {
  # LocalStack keeps nothing, so there is nothing to wait for; it takes seven seconds by itself.
  stop_process localstack 1
  stop_process dynamodb 15
}

# stop_process NAME SECONDS : asks it to end, and ends it when it takes longer.
stop_process() {
  local name=$1 pid until=$((SECONDS + $2))
  if process_lives "$name"; then
    pid=$(cat "$STATE_DIR/$name.pid")
    kill -TERM "$pid"
    while kill -0 "$pid" 2>/dev/null; do
      # The whole group: LocalStack is a supervisor and its child.
      ((SECONDS < until)) || kill -KILL -- "-$pid" 2>/dev/null || break
      sleep 0.1
    done
  fi
  rm -f "$STATE_DIR/$name.pid"
}
