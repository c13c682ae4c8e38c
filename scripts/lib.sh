# shellcheck shell=bash disable=SC2034 # its variables are for those who source it
# What every script here starts with. Sourced, never run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/machinaut
target=${CARGO_TARGET_DIR:-$root/target}
site=$root/target/site # fixed: the server embeds it from here at compile time
mkdir -p "$cache" "$target"

# Standard output belongs to the answer that another script reads.
say() { printf '%s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# need COMMAND WHAT-TO-DO
need() { command -v "$1" >/dev/null || die "$1 is not installed: $2"; }

# Two checkouts, or two people on one machine, may install at the same time.
lock() {
  need flock "install util-linux."
  exec 9>"$cache/$1.lock"
  flock -n 9 || { say "Waiting for another install of $1 to finish…" && flock 9; }
}
