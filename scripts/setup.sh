#!/usr/bin/env bash
# Installs what is missing of scripts/packages.txt, with apt. Does nothing, and needs neither root nor a network,
# where all is there. Exit status: 0 all is there; 1 something is missing still. The libraries of further backends and the
# tools of single tests are taken where they can be had; a backend without its library is not built, a test without its
# tools is skipped, and both say so.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'TEXT'
usage: scripts/setup.sh [run|test]

  run    what it takes to build the program, run it and draw its figures
  test   that, what the tests need, the libraries of all backends and the tools of single tests (default)

Set CNNBENCH_SETUP=skip where the packages are installed in another way than with apt, and
CNNBENCH_SETUP_WITHOUT="PACKAGE …" to the libraries and tools that are not wanted.
TEXT
}

purpose=${1:-test}
case $purpose in
  run) wanted='run' ;;
  test) wanted='run|test' ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 1 ;;
esac
if [[ ${CNNBENCH_SETUP:-} == skip ]]; then
  echo "Setup: skipped, as CNNBENCH_SETUP says."
  exit 0
fi

is_installed() {
  dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# The missing packages, each with its line of the list, and those that can be done without.
missing=()
reasons=''
extras=()
while read -r package for reason; do
  [[ $package && $package != '#'* ]] || continue
  is_installed "$package" && continue
  if [[ $for =~ ^($wanted)$ ]]; then
    missing+=("$package")
    reasons+=$(printf '  %-20s %s' "$package" "$reason")$'\n'
  elif [[ $for =~ ^(backend|check)$ && $purpose == test && " ${CNNBENCH_SETUP_WITHOUT:-} " != *" $package "* ]]; then
    extras+=("$package")
  fi
done <"$here/packages.txt"

# available PACKAGE…: those that apt could install, as far as it knows by now.
available() {
  local package
  for package in "$@"; do
    if apt-cache show "$package" >/dev/null 2>&1; then echo "$package"; fi
  done
}

if [[ ${#missing[@]} -eq 0 ]]; then
  [[ ${#extras[@]} -gt 0 ]] && mapfile -t extras < <(available "${extras[@]}")
  if [[ ${#extras[@]} -eq 0 ]]; then
    echo "Setup: all packages are there."
    exit 0
  fi
fi

# give_up WHY: says what is missing and how to get it.
give_up() {
  printf 'setup.sh: %s\nMissing:\n%sInstall them, for example as root with\n  apt-get install %s\nand start again.\n' \
    "$1" "$reasons" "${missing[*]}" >&2
  exit 1
}

# may_install: sets as_root; where this user may not install, says why and fails.
as_root=()
may_install() {
  command -v apt-get >/dev/null || { why='packages are missing, and there is no apt here. (Where they are there under other names, set CNNBENCH_SETUP=skip.)'; return 1; }
  [[ $(id -u) == 0 ]] && return
  command -v sudo >/dev/null || { why='packages are missing, and only root may install them; there is no sudo here.'; return 1; }
  as_root=(sudo)
  # Without a terminal nobody can type a password.
  [[ -t 0 ]] || sudo -n true 2>/dev/null || { why='packages are missing, and sudo does not let this user install them.'; return 1; }
}
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@"
}

if ! may_install; then
  [[ ${#missing[@]} -eq 0 ]] || give_up "$why"
  echo "Setup: all packages are there, but for these, whose backends and tests are left out: ${extras[*]}"
  exit 0
fi
if [[ ${#missing[@]} -gt 0 ]]; then
  printf 'Setup: installing %d packages:\n%s' "${#missing[@]}" "$reasons"
  install update -q || give_up 'apt-get update failed.'
  install install -q -y --no-install-recommends "${missing[@]}" || give_up 'apt-get install failed.'
  [[ ${#extras[@]} -gt 0 ]] && mapfile -t extras < <(available "${extras[@]}")
fi
if [[ ${#extras[@]} -gt 0 ]]; then
  printf 'Setup: installing libraries of further backends and tools of single tests: %s\n' "${extras[*]}"
  install install -q -y --no-install-recommends "${extras[@]}" ||
    echo 'Setup: they could not be installed; their backends and tests are left out.'
fi
