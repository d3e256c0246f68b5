#!/usr/bin/env bash
# Installs what is missing of scripts/packages.txt, with apt. Does nothing, and needs neither root nor a network,
# where all is there. Exit status: 0 all is there; 1 something is missing still.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'TEXT'
usage: scripts/setup.sh [run|test]

  run    what it takes to build the program, run it and draw its figures
  test   that, and what the tests need (default)

Set CNNBENCH_SETUP=skip where the packages are installed in another way than with apt.
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

# The missing packages, each with its line of the list.
missing=()
reasons=''
while read -r package for reason; do
  [[ $package && $package != '#'* && $for =~ ^($wanted)$ ]] || continue
  if ! is_installed "$package"; then
    missing+=("$package")
    reasons+=$(printf '  %-20s %s' "$package" "$reason")$'\n'
  fi
done <"$here/packages.txt"

if [[ ${#missing[@]} -eq 0 ]]; then
  echo "Setup: all packages are there."
  exit 0
fi

# give_up WHY: says what is missing and how to get it.
give_up() {
  printf 'setup.sh: %s\nMissing:\n%sInstall them, for example as root with\n  apt-get install %s\nand start again.\n' \
    "$1" "$reasons" "${missing[*]}" >&2
  exit 1
}

command -v apt-get >/dev/null ||
  give_up 'packages are missing, and there is no apt here. (Where they are there under other names, set CNNBENCH_SETUP=skip.)'
as_root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo >/dev/null || give_up 'packages are missing, and only root may install them; there is no sudo here.'
  # Without a terminal nobody can type a password.
  [[ -t 0 ]] || sudo -n true 2>/dev/null || give_up 'packages are missing, and sudo does not let this user install them.'
  as_root=(sudo)
fi

printf 'Setup: installing %d packages:\n%s' "${#missing[@]}" "$reasons"
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@"
}
install update -q || give_up 'apt-get update failed.'
install install -q -y --no-install-recommends "${missing[@]}" || give_up 'apt-get install failed.'
