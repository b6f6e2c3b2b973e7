# shellcheck shell=bash
# Builds both web apps and the server, and knows when there is nothing to build.
# Sourced after common.sh, never run.

readonly BUILD_STAMP=target/healthflow-build

# build_everything release|debug [OPTIONS FOR cargo leptos…]
build_everything() {
  local mode=$1 options=("${@:2}")
  if [[ -e $BUILD_STAMP && $(cat "$BUILD_STAMP") == "$(fingerprint "$mode" "${options[*]}")" ]]; then
    say "Nothing has changed since the last build."
    return
  fi
  local began=$SECONDS
  rm -f "$BUILD_STAMP"
  heading "Building both web apps and the server ($mode)"
  [[ $mode == release ]] && options+=(--release)
  cargo leptos build "${options[@]}" ||
    fail "the build failed" "the compiler's message above says why"
  # Of what came out of it, so taken anew.
  fingerprint "$mode" "${*:2}" >"$BUILD_STAMP"
  say "Built in $(elapsed $((SECONDS - began)))."
}

# What went into the build and what came out of it: the same sources, the same compiler, for the
# development loop or not, and nobody has built something else over it since.
fingerprint() {
  printf '%s %s %s %s\n' "$1" "$2" "${LEPTOS_WATCH:-}" "$(rustc --version)"
  sources_of_build | xargs -0 sha256sum 2>/dev/null | sha256sum
  find "target/$1/healthflow" target/site-patient target/site-clinician -type f \
    -printf '%p %s %T@\n' 2>/dev/null | sort | sha256sum
}

sources_of_build() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard -- . ':!tools' ':!end2end' ':!docs' ':!.ci' |
      sort -z
  else
    find . \( -name target -o -name node_modules -o -name '.healthflow' -o -path ./tools -o -path ./docs \) \
      -prune -o -type f -print0 | sort -z
  fi
}
