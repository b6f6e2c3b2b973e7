# shellcheck shell=bash
# A Rust toolchain with the WASM target out of Debian's packages alone, for machines on which
# rustup can fetch nothing. Debian ships the standard library's sources but not its build for
# WASM, so that part is compiled once (about half a minute).
# Sourced by setup.sh, never run.

readonly DEBIAN_RUST_PACKAGES="rustc-web cargo-web rust-web-src rust-web-llvm lld-22"
readonly DEBIAN_TOOLCHAIN="$TOOLS_DIR/debian-rust"

# Debian has no clippy to go with it.
# shellcheck disable=SC2034  # the tests ask it
RUST_IS_FROM_DEBIAN=false

# Under its own path, so that a rustup beside it stays as it is.
use_debian_toolchain() {
  export PATH="$DEBIAN_TOOLCHAIN/bin:$PATH"
  # shellcheck disable=SC2034
  RUST_IS_FROM_DEBIAN=true
  hash -r
}

use_debian_toolchain_if_built() {
  [[ -x $DEBIAN_TOOLCHAIN/bin/rustc ]] || return 1
  # Compiled by the very compiler that is installed now, or it is built anew.
  [[ $(cat "$DEBIAN_TOOLCHAIN/version" 2>/dev/null) == "$(/usr/bin/rustc --version 2>/dev/null)" ]] || return 1
  use_debian_toolchain
  rust_is_ready
}

set_up_debian_toolchain() {
  have apt-cache && [[ -n $(apt-cache policy rustc-web 2>/dev/null) ]] || return 1
  can_be_root || return 1
  say "  rustup could not provide the toolchain; trying Debian's packages."
  local packages
  read -ra packages <<<"$DEBIAN_RUST_PACKAGES"
  install_packages "${packages[@]}"
  attempt "standard library for WASM" one_at_a_time build_debian_toolchain ||
    fail_step "the standard library could not be compiled for WASM" \
      "let rustup reach its downloads, then: rustup target add wasm32-unknown-unknown"
  use_debian_toolchain
  rust_is_ready
}

build_debian_toolchain() {
  local build="$TOOLS_DIR/.debian-rust-build" home=$DEBIAN_TOOLCHAIN host
  local libraries="lib/rustlib/wasm32-unknown-unknown/lib"
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  rm -rf "$build" "$home"
  mkdir -p "$build/src" "$home/bin" "$home/$libraries"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$build/Cargo.toml"
  printf '#![no_std]\n' >"$build/src/lib.rs"
  (
    cd "$build"
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_DIR="$build/target" \
      /usr/bin/cargo build --release -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown
  ) || return 1
  cp "$build"/target/wasm32-unknown-unknown/release/deps/*.rlib "$home/$libraries/"
  rm -f "$home/$libraries"/libempty-*
  ln -s "/usr/lib/rustlib/$host" "$home/lib/rustlib/$host"
  write_debian_rustc "$home"
  rm -rf "$build"
  /usr/bin/rustc --version >"$home/version"
}

write_debian_rustc() {
  local home=$1 program
  printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot "%s" "$@"\n' "$home" >"$home/bin/rustc"
  chmod +x "$home/bin/rustc"
  for program in cargo rustdoc; do
    [[ -x /usr/bin/$program ]] && ln -s "/usr/bin/$program" "$home/bin/$program"
  done
  return 0
}
