#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests: in a release build, then with the address and
# undefined-behaviour sanitizers. Exit status 0 where all pass.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

presets=(release asan)
case ${1:-} in
  '') ;;
  --release-only) presets=(release) ;;
  *)
    printf 'usage: scripts/test.sh [--release-only]\n\n  --release-only   leave out the build with sanitizers\n' >&2
    [[ $1 == -h || $1 == --help ]] && exit 0
    exit 2
    ;;
esac

if [[ $(id -u) == 0 ]]; then # mpirun refuses to run as root, as in a container, unless told twice
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# folder_of PRESET: where its build lies.
folder_of() {
  [[ $1 == release ]] && echo build || echo "build-$1"
}

export OMP_WAIT_POLICY=passive # tests run side by side: threads that wait must leave the cores to others

scripts/setup.sh test
status=0
for preset in "${presets[@]}"; do
  printf '\n== %s: configure, build, test\n' "$preset"
  cmake --preset "$preset" -DCNNBENCH_TESTS=ON -DCNNBENCH_BENCHMARKS=ON
  cmake --build --preset "$preset" --parallel "$(nproc)"
  ctest --preset "$preset" --parallel "$(nproc)" | tee "$(folder_of "$preset")/tests.log" || status=1
done

# The closing lines of the test runners: pytest's, as CTest keeps them in its log, and CTest's own.
for preset in "${presets[@]}"; do
  folder=$(folder_of "$preset")
  printf '\n== %s\n' "$preset"
  awk '/^[0-9]+\/[0-9]+ Testing: / { name = $3 } /^[0-9]+ (passed|failed|skipped).* in [0-9.]+s/ { print "pytest, " name ": " $0 }' \
    "$folder/Testing/Temporary/LastTest.log"
  grep -E '^[0-9]+% tests passed|^Total Test time' "$folder/tests.log"
done
exit $status
