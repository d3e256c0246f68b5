#!/usr/bin/env bash
# The release tests and a short demo in a bare Debian 13, whatever Debian this machine runs: debootstrap makes it in a
# temporary folder, and it is gone afterwards. Left out there: the sanitizers, torch, whose libraries are large, the
# slow tests of memory, of matplotlib's settings, of large images and on emulated ARM, and tests of the files in this tree.
# The packages come from where this machine's own apt has them from. Exit status: 0 all is right; 1 something failed;
# 77 it could not run here (not root, no debootstrap, no network), which the last line says.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-} in
  '') ;;
  -h | --help) echo 'usage: scripts/test_debian13.sh' && exit 0 ;;
  *) echo 'usage: scripts/test_debian13.sh' >&2 && exit 2 ;;
esac

started=$SECONDS
# closing TEXT: the last lines, which scripts/test.sh shows again.
closing() {
  printf '\n== Debian 13\n%s\n' "$1"
}
not_run() {
  closing "DEBIAN 13: NOT RUN: $1"
  exit 77
}

[[ $(id -u) == 0 ]] || not_run 'only root may make a Debian of its own.'
command -v apt-get >/dev/null || not_run 'there is no apt here.'
unshare --mount --pid --fork --kill-child true 2>/dev/null || not_run 'this machine does not allow mounts of its own (unshare).'
if ! command -v debootstrap >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -q && apt-get install -q -y --no-install-recommends debootstrap; } ||
    not_run 'debootstrap could not be installed.'
fi

# This machine's own archive: of its Debian sources the one that has the main part of a release.
mirror=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
  sed -n 's/^Debian|Debian|main|//p' | awk 'NR == 1') # not head, which would stop the command before it
[[ $mirror ]] || not_run 'the sources of apt name no archive of Debian.'
# debootstrap does not read apt's settings: the proxy goes to it by the environment.
proxy=''
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[[ ! $proxy || $proxy == DIRECT ]] || export http_proxy=$proxy

root=$(mktemp -d "${TMPDIR:-/tmp}/cnnbench-debian13.XXXXXX")
chmod 755 "$root" # it is the / of other users inside, too
# Mounts are in a namespace of their own, which ends with its last process: here is nothing left but files.
process=''
clean_up() {
  [[ ! $process ]] || { kill -KILL "$process" && wait "$process"; } 2>/dev/null || true
  rm -rf --one-file-system "$root" "$root.log"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

printf '== Debian 13: debootstrap from %s\n' "$mirror"
debootstrap --variant=minbase --include=ca-certificates trixie "$root" "$mirror" >"$root.log" 2>&1 || {
  tail -n 20 "$root.log" >&2
  not_run 'debootstrap failed; the lines above say why (no network?).'
}
[[ ! -e /etc/resolv.conf ]] || cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/hosts "$root/etc/hosts"
apt-config dump Acquire | grep -E '^Acquire::(http|https|Retries)' >"$root/etc/apt/apt.conf.d/90host" || true

# The files as they are here, committed or not, and the history, for the commit in the reports.
mkdir "$root/cnnbench"
if git -C . rev-parse --git-dir >/dev/null 2>&1; then
  cp -a "$(git rev-parse --git-common-dir)" "$root/cnnbench/.git"
  git ls-files -coz --exclude-standard | while IFS= read -r -d '' file; do
    [[ ! -e $file ]] || printf '%s\0' "$file"
  done | tar -c --null -T - | tar -x -C "$root/cnnbench"
else
  tar -c --exclude='./build*' . | tar -x -C "$root/cnnbench"
fi

cat >"$root/inside.sh" <<'INSIDE'
set -euo pipefail
cd /cnnbench
printf '[safe]\n\tdirectory = /cnnbench\n' >~/.gitconfig # its files may belong to somebody else
status=0
scripts/test.sh --release-only || status=1
printf '\n== Debian 13: the demo\n'
scripts/demo.sh --quick 2>&1 | tee /demo.log || status=1
exit $status
INSIDE

# inside COMMAND…: in the new Debian, with none of this machine's environment but the proxies.
inside() {
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$0/proc" && mount --rbind /sys "$0/sys" && mount --rbind /dev "$0/dev" &&
    exec chroot "$0" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      LANG=C.UTF-8 TERM=dumb \
      CNNBENCH_SETUP_WITHOUT="libtorch-dev g++-aarch64-linux-gnu qemu-user clang libclang-rt-dev" \
      CNNBENCH_TESTS_WITHOUT="^(cli:(memory|own_figures)|setup|contributing|arm|format|dependencies|.*AroundTheCaches)\$" \
      "${@}"' "$root" \
    ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} "$@" &
  process=$!
  local result=0
  wait "$process" || result=$?
  process=''
  return $result
}
status=0
inside bash /inside.sh || status=1

build=$root/cnnbench/build
verdicts=$(grep -E '^ *(VALID|INVALID|PARTIAL|NOT VERIFIED):' "$root/demo.log" 2>/dev/null || true)
closing "$(sed -n '/^== release$/,$p' "$build/closing.log" 2>/dev/null || true)
demo: ${verdicts:-it did not reach a verdict}
Debian 13: $( ((status == 0)) && echo passed || echo FAILED), $(((SECONDS - started) / 60)) minutes"
exit $status
