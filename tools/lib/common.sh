# shellcheck shell=bash
# shellcheck disable=SC2034  # the scripts that source this use what is named here
# What every script here shares: where things lie, which versions, how to speak and how to fail.
# Sourced, never run.

HEALTHFLOW_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly HEALTHFLOW_ROOT
cd "$HEALTHFLOW_ROOT" || exit 1

# One place for the versions of tools. wasm-bindgen is not among them: Cargo.lock decides that one.
readonly CARGO_LEPTOS_VERSION=0.3.10
readonly CARGO_DENY_VERSION=0.20.2
readonly CARGO_FUZZ_VERSION=0.13.2
readonly CARGO_NEXTEST_VERSION=0.9.151
readonly BINARYEN_VERSION=132.0.0
readonly LOCALSTACK_VERSION=4.14.0
# 4.14 claims Python 3.10 and does not parse before 3.12; this one does, and Debian 12 has 3.11.
readonly LOCALSTACK_VERSION_FOR_OLD_PYTHON=4.13.1
# Newer releases of LocalStack's own dependencies do not work with these versions.
readonly LOCALSTACK_DEPENDENCIES_BEFORE=2026-03-01
readonly SCHEMATHESIS_VERSION=4.32.5
readonly NODE_OLDEST_MAJOR=18

# Tools are kept per user, outside the clone: the next clone finds them there, and nothing is put
# among the person's own programs.
readonly TOOLS_DIR="${XDG_CACHE_HOME:-$HOME/.cache}/healthflow/tools"
readonly SETUP_LOG_DIR="${XDG_CACHE_HOME:-$HOME/.cache}/healthflow/logs"

if [[ -t 2 ]]; then
  readonly BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
  readonly BOLD='' DIM='' RED='' PLAIN=''
fi

say() {
  printf '%s\n' "$*" >&2
}

heading() {
  printf '%s%s%s\n' "$BOLD" "$*" "$PLAIN" >&2
}

# fail WHAT [HOW TO MEND IT…]
fail() {
  printf '%sFailed:%s %s\n' "$RED" "$PLAIN" "$1" >&2
  shift
  local line
  for line in "$@"; do
    printf '  → %s\n' "$line" >&2
  done
  exit 1
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# elapsed SECONDS → "2m05s"
elapsed() {
  if (($1 >= 60)); then
    printf '%dm%02ds' $(($1 / 60)) $(($1 % 60))
  else
    printf '%ds' "$1"
  fi
}

# Shows that a long step still runs: one line kept up to date on a terminal, else a line a minute.
# Ends by itself when the script that started it is gone.
show_progress() {
  local title=$1 log=$2 owner=$3 seconds=0 last
  while kill -0 "$owner" 2>/dev/null; do
    last=$(tail -c 400 "$log" 2>/dev/null | tr '\r' '\n' | grep -av '^[[:space:]]*$' | tail -n 1 | cut -c 1-60 || true)
    if [[ -t 2 ]]; then
      printf '\r\e[K  … %s %s%s %s%s' "$title" "$DIM" "$(elapsed $seconds)" "$last" "$PLAIN" >&2
    elif ((seconds > 0 && seconds % 60 == 0)); then
      printf '  … %s %s %s\n' "$title" "$(elapsed $seconds)" "$last" >&2
    fi
    sleep 1 >/dev/null 2>&1
    seconds=$((seconds + 1))
  done
}

# attempt TITLE COMMAND… : runs a step of the set-up with progress, its output kept in a log.
# Returns the command's own result, so that the caller may know another way.
attempt() {
  local title=$1
  shift
  mkdir -p "$SETUP_LOG_DIR"
  STEP_LOG="$SETUP_LOG_DIR/${title//[^a-zA-Z0-9.-]/_}.log"
  : >"$STEP_LOG"
  local began=$SECONDS result=0 progress
  say "  … $title"
  show_progress "$title" "$STEP_LOG" $$ &
  progress=$!
  # Cargo draws its count of crates into the log, from where it is shown.
  CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=58 "$@" >>"$STEP_LOG" 2>&1 || result=$?
  kill "$progress" 2>/dev/null || true
  wait "$progress" 2>/dev/null || true
  [[ -t 2 ]] && printf '\r\e[K' >&2
  if ((result == 0)); then
    say "  ✓ $title ($(elapsed $((SECONDS - began))))"
  fi
  return "$result"
}

# fail_step WHAT HOW… : like fail, with the end of the last step's log.
fail_step() {
  tr '\r' '\n' <"$STEP_LOG" | grep -av 'Building \[' | tail -n 15 | sed 's/^/    /' >&2 || true
  local what=$1
  shift
  fail "$what" "$@" "the whole log: $STEP_LOG"
}

# version_at_least 1.95.0 1.94
version_at_least() {
  [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$2" ]]
}

# The version of a locked package, and nothing when it is not locked.
locked_version() {
  awk -v wanted="name = \"$1\"" '$0 == wanted { getline; gsub(/version = |"/, ""); print; exit }' Cargo.lock
}
