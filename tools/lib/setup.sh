# shellcheck shell=bash
# Finds what the build and the tests need and installs what is missing, per user where possible.
# When nothing is missing it says nothing and costs well under a second.
# Sourced after common.sh, never run.

# shellcheck source=tools/lib/debian_toolchain.sh
source "$HEALTHFLOW_ROOT/tools/lib/debian_toolchain.sh"

# What `tools/run` and `tools/dev` need.
set_up_build() {
  use_tools_dir
  set_up_packages cc:build-essential node:nodejs npm:npm
  require_node_version
  set_up_rust
  set_up_cargo_tool cargo-leptos cargo-leptos "$CARGO_LEPTOS_VERSION" --locked
  set_up_wasm_bindgen
  set_up_wasm_opt
}

# What `tools/test` needs on top.
set_up_tests() {
  set_up_browser
  set_up_packages curl:curl python3:python3 shellcheck:shellcheck
  [[ $RUST_IS_FROM_DEBIAN == true ]] || set_up_rust_component clippy rustfmt
  set_up_cargo_tool cargo-deny cargo-deny "$CARGO_DENY_VERSION" --locked
  have cargo-nextest || set_up_cargo_tool cargo-nextest cargo-nextest "$CARGO_NEXTEST_VERSION" --locked
}

# Our versions come before whatever else is installed.
use_tools_dir() {
  local bins
  bins="$TOOLS_DIR/cargo-leptos-$CARGO_LEPTOS_VERSION/bin"
  bins+=":$TOOLS_DIR/wasm-bindgen-cli-$(locked_version wasm-bindgen)/bin"
  bins+=":$TOOLS_DIR/binaryen-$BINARYEN_VERSION/bin"
  bins+=":$TOOLS_DIR/cargo-deny-$CARGO_DENY_VERSION/bin"
  PATH="$bins:$PATH:$TOOLS_DIR/cargo-nextest-$CARGO_NEXTEST_VERSION/bin"
  # A fresh rustup is often installed but not yet on the shell's path.
  have cargo || PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
  export PATH
}

# --- Packages of the system ---

# as_root COMMAND… : for the few things that only the system's administrator may install.
as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    sudo -n "$@"
  fi
}

can_be_root() {
  ((EUID == 0)) && return 0
  have sudo || return 1
  sudo -n true 2>/dev/null && return 0
  [[ -t 0 ]] || return 1
  say "  Packages of the system are missing; sudo may ask for your password."
  sudo -v
}

install_packages() {
  local mend="sudo apt-get install -y --no-install-recommends $*"
  have apt-get || fail "missing on this machine: $*" "install them with your system's package manager, then start again"
  can_be_root || fail "missing on this machine: $*" "$mend"
  attempt "package lists" as_root apt-get update ||
    say "  The package lists could not be refreshed; going on with those at hand."
  attempt "packages $*" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "$@" ||
    fail_step "the packages $* could not be installed" "$mend"
}

# set_up_packages COMMAND:PACKAGE… : installs the packages whose command is missing.
set_up_packages() {
  local pair missing=()
  for pair in "$@"; do
    have "${pair%%:*}" || missing+=("${pair#*:}")
  done
  ((${#missing[@]} == 0)) && return
  # Fetching anything needs the certificates, which a bare machine may lack too.
  [[ -e /etc/ssl/certs/ca-certificates.crt ]] || missing+=(ca-certificates)
  install_packages "${missing[@]}"
  hash -r
}

require_node_version() {
  local major
  major=$(node --version | sed -E 's/^v([0-9]+).*/\1/')
  ((major >= NODE_OLDEST_MAJOR)) ||
    fail "Node.js $major is too old: $NODE_OLDEST_MAJOR or newer is needed" \
      "install a newer nodejs, or put one first on PATH"
}

# --- The browser of the tests ---

# Any Chromium or Chrome will do; CHROMIUM names the one to take.
set_up_browser() {
  local name
  for name in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome; do
    if have "$name"; then
      CHROMIUM=$(command -v "$name")
      export CHROMIUM
      return
    fi
  done
  install_packages chromium
  CHROMIUM=$(command -v chromium) ||
    fail "no Chromium for the browser tests" "install Chromium or Chrome and name it: CHROMIUM=… tools/test"
  export CHROMIUM
}

# --- Rust ---

rust_version() {
  rustc --version 2>/dev/null | awk '{ split($2, v, "-"); print v[1] }'
}

oldest_rust() {
  sed -nE 's/^rust-version *= *"([^"]+)".*/\1/p' Cargo.toml | head -n 1
}

has_wasm_target() {
  local libraries
  libraries=$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) || return 1
  compgen -G "$libraries/libstd-*.rlib" >/dev/null
}

rust_is_ready() {
  local version
  have cargo && version=$(rust_version) && [[ -n $version ]] &&
    version_at_least "$version" "$(oldest_rust)" && has_wasm_target
}

set_up_rust() {
  rust_is_ready && return
  use_debian_toolchain_if_built && return
  if have rustup; then
    set_up_rust_with_rustup && return
  fi
  set_up_debian_toolchain && return
  if ! have rustup && ! have cargo; then
    fail "Rust is missing" "install rustup as https://rustup.rs says, then start again"
  fi
  fail "no Rust $(oldest_rust) or newer with the target wasm32-unknown-unknown could be set up" \
    "rustup toolchain install stable --target wasm32-unknown-unknown" \
    "on Debian without rustup's downloads: become root, or have $DEBIAN_RUST_PACKAGES installed" \
    "the logs: $SETUP_LOG_DIR"
}

set_up_rust_with_rustup() {
  local version
  version=$(rust_version) || version=''
  if [[ -z $version ]] || ! version_at_least "$version" "$(oldest_rust)"; then
    # Beside the person's own toolchain, which stays as it is.
    attempt "Rust $(oldest_rust)" rustup toolchain install "$(oldest_rust)" --profile minimal || return 1
    RUSTUP_TOOLCHAIN=$(oldest_rust)
    export RUSTUP_TOOLCHAIN
  fi
  has_wasm_target || attempt "wasm target" rustup target add wasm32-unknown-unknown || return 1
  rust_is_ready
}

# set_up_rust_component NAME… : clippy and rustfmt, which a minimal toolchain lacks.
set_up_rust_component() {
  local name
  for name in "$@"; do
    cargo "${name/rustfmt/fmt}" --version >/dev/null 2>&1 && continue
    have rustup || fail "$name is missing" "install it beside your Rust toolchain"
    attempt "$name" rustup component add "$name" ||
      fail_step "$name could not be installed" "rustup component add $name"
  done
}

# --- Tools written in Rust ---

# set_up_cargo_tool CRATE COMMAND VERSION [CARGO ARGUMENTS…]
set_up_cargo_tool() {
  local crate=$1 command=$2 version=$3
  shift 3
  local home="$TOOLS_DIR/$crate-$version"
  [[ -x $home/bin/$command ]] && return
  mkdir -p "$TOOLS_DIR"
  attempt "$crate $version" one_at_a_time install_cargo_tool "$crate" "$command" "$version" "$home" "$@" ||
    fail_step "$crate $version could not be installed" \
      "if the network failed, start again: what is already installed is kept" \
      "by hand: cargo install $crate --version $version $* --root $home"
  hash -r
}

# Two clones may be set up at the same moment.
one_at_a_time() {
  if have flock; then
    exec 9>"$TOOLS_DIR/.lock"
    flock 9
    "$@" 9>&-
    exec 9>&-
  else
    "$@"
  fi
}

install_cargo_tool() {
  local crate=$1 command=$2 version=$3 home=$4
  shift 4
  [[ -x $home/bin/$command ]] && return
  if have cargo-binstall &&
    cargo binstall --no-confirm --strategies crate-meta-data --root "$home" "$crate@$version" &&
    [[ -x $home/bin/$command ]]; then
    return
  fi
  # The speed of most tools hardly matters, the minutes it takes to compile them do.
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_DEBUG=0 \
    CARGO_PROFILE_RELEASE_STRIP=true CARGO_INCREMENTAL=0 \
    CARGO_TARGET_DIR="$TOOLS_DIR/.build" \
    cargo install "$crate" --version "$version" --root "$home" "$@"
}

set_up_wasm_bindgen() {
  local version
  version=$(locked_version wasm-bindgen)
  [[ -n $version ]] || fail "Cargo.lock names no wasm-bindgen" "git checkout Cargo.lock"
  # It runs at every edit: these parts of it take its time, and optimised they take a third of it.
  local part optimised=()
  for part in walrus wasmparser wasm-encoder wasm-bindgen-cli-support \
    hashbrown indexmap id-arena foldhash leb128fmt rustc-demangle rayon gimli; do
    optimised+=(--config "profile.release.package.$part.opt-level=1")
  done
  set_up_cargo_tool wasm-bindgen-cli wasm-bindgen "$version" "${optimised[@]}"
}

# --- Tools from npm ---

set_up_wasm_opt() {
  local home="$TOOLS_DIR/binaryen-$BINARYEN_VERSION"
  [[ -x $home/bin/wasm-opt ]] && return
  mkdir -p "$TOOLS_DIR"
  attempt "wasm-opt (binaryen $BINARYEN_VERSION)" one_at_a_time install_wasm_opt "$home" ||
    fail_step "wasm-opt could not be installed" \
      "by hand: npm install --prefix $home binaryen@$BINARYEN_VERSION && ln -s node_modules/.bin $home/bin"
  hash -r
}

install_wasm_opt() {
  local home=$1
  [[ -x $home/bin/wasm-opt ]] && return
  rm -rf "$home"
  npm install --no-fund --no-audit --prefix "$home" "binaryen@$BINARYEN_VERSION" &&
    ln -s node_modules/.bin "$home/bin" &&
    "$home/bin/wasm-opt" --version
}

# What was compiled on the way to the tools is of no more use.
tidy_up_tools() {
  [[ -d $TOOLS_DIR/.build ]] && one_at_a_time rm -rf "$TOOLS_DIR/.build"
  return 0
}
