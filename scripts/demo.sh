#!/usr/bin/env bash
# Shows what cnnbench does: builds it, measures VGG16 and LeNet on two ranks, and draws the figures. After
# installing and building it takes about two minutes on two cores; with --quick, which times fewer steps, one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

vgg16=(--batch 1 --burn-in 1 --steps 10)
lenet=(--burn-in 5 --steps 50)
case ${1:-} in
  '') ;;
  --quick)
    vgg16=(--batch 1 --burn-in 0 --steps 3)
    lenet=(--batch 16 --burn-in 1 --steps 10)
    ;;
  *)
    printf 'usage: scripts/demo.sh [--quick]\n\n  --quick   time fewer steps: half a minute in place of two\n' >&2
    [[ $1 == -h || $1 == --help ]] && exit 0
    exit 2
    ;;
esac

bold='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\033[1m' plain=$'\033[0m'
fi
say() {
  printf '\n%s== %s%s\n' "$bold" "$1" "$plain"
  shift
  [[ $# -eq 0 ]] || printf '   %s\n' "$@"
}

say '1 of 5: install what is missing'
scripts/setup.sh run

say '2 of 5: build the program' 'The first time this takes a few minutes.'
first=()
# Several files are compiled as one, which takes half the time.
[[ -e build/CMakeCache.txt ]] || first=(-DCNNBENCH_TESTS=OFF -DCNNBENCH_BENCHMARKS=OFF -DCMAKE_UNITY_BUILD=ON)
cmake --preset release "${first[@]}" >/dev/null
cmake --build --preset release --target bench --parallel "$(nproc)"

if [[ $(id -u) == 0 ]]; then # mpirun refuses to run as root, as in a container, unless told twice
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
export OMPI_MCA_btl=self,vader # all ranks are on this machine: a container without a network needs no warning about it

# Each of the two ranks is bound to its own half of the cores. Whether mpirun can do that here only mpirun knows (a
# container may have fewer cores than the machine); where it cannot, the ranks share what there is.
read -r cores sockets < <(lscpu -p=CORE,SOCKET | awk -F, '!/^#/ { core[$0]; socket[$2] } END { print length(core), length(socket) }')
pinned=(--map-by "ppr:2:node:pe=$((sockets > 1 ? cores / sockets : cores / 2))")
shared=(--bind-to none --oversubscribe)
if [[ $cores -ge 2 ]] && mpirun -n 2 "${pinned[@]}" true 2>/dev/null; then
  flags=("${pinned[@]}")
else
  flags=("${shared[@]}")
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
folders=()
# measure ARGUMENTS…: runs bench on two ranks and keeps the name of its folder of results.
measure() {
  local command=(mpirun -n 2 "${flags[@]}" build/bench "$@")
  printf '\n$ %s\n\n' "${command[*]}"
  "${command[@]}" | tee "$log"
  folders+=("$(sed -n 's/^Results: //p' "$log")")
}

say '3 of 5: VGG16, one image a rank, forward and forward-backward' \
  'Set-up and verification against plain loops come first, then some steps are timed as a whole, then as many' \
  'layer by layer. About a minute and a half; lines come in between.'
measure --config vgg16 "${vgg16[@]}"

say '4 of 5: LeNet, forward and forward-backward' 'About half a minute.'
measure --config lenet "${lenet[@]}"

say '5 of 5: draw the figures' 'A few seconds.'
figures=$(scripts/plot.py "${folders[@]}")

say 'Done' 'The figures, each as .png and .svg:'
grep '\.png$' <<<"$figures" | sed 's/^/   /'
say 'The numbers behind them'
printf '   %s/result.json and layers.csv\n' "${folders[@]}"
