#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests: in a release build, then with the address and
# undefined-behaviour sanitizers and, where that is asked for, in a bare Debian 13. Exit status 0 where all pass.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

presets=(release asan)
debian13=''
for option in "$@"; do
  case $option in
    --release-only) presets=(release) ;;
    --debian13) debian13=yes ;;
    *)
      cat >&2 <<'TEXT'
usage: scripts/test.sh [--release-only] [--debian13]

  --release-only   leave out the build with sanitizers
  --debian13       also run the release tests and a short demo in a bare Debian 13, which takes root and a network
                   (scripts/test_debian13.sh); where that cannot run here, the last line says so
TEXT
      [[ $option == -h || $option == --help ]] && exit 0
      exit 2
      ;;
  esac
done

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
  # The sanitizers have nothing to measure. What CNNBENCH_TESTS_WITHOUT leaves out ran elsewhere; there every file was
  # compiled on its own, and the headers, too.
  benchmarks=$([[ $preset == asan ]] && echo OFF || echo ON)
  cmake --preset "$preset" -DCNNBENCH_TESTS=ON -DCNNBENCH_BENCHMARKS="$benchmarks" \
    ${CNNBENCH_TESTS_WITHOUT:+-DCNNBENCH_TEST_HEADERS=OFF -DCMAKE_UNITY_BUILD=ON}
  cmake --build --preset "$preset" --parallel "$(nproc)"
  # CNNBENCH_TESTS_WITHOUT: a regular expression of tests that run elsewhere (scripts/test_debian13.sh).
  ctest --preset "$preset" --parallel "$(nproc)" ${CNNBENCH_TESTS_WITHOUT:+-E "$CNNBENCH_TESTS_WITHOUT"} | tee "$(folder_of "$preset")/tests.log" || status=1
done

if [[ $debian13 ]]; then
  printf '\n== Debian 13\n'
  scripts/test_debian13.sh 2>&1 | tee build/debian13.log || [[ ${PIPESTATUS[0]} == 77 ]] || status=1
fi

# closing_lines PRESET: those of the test runners: pytest's and GoogleTest's, as CTest keeps them in its log, and its own.
# GoogleTest's "1 test" is left out: there CTest counts the cases itself.
closing_lines() {
  local folder
  folder=$(folder_of "$1")
  printf '\n== %s\n' "$1"
  awk '/^[0-9]+\/[0-9]+ Testing: / { name = $3 }
    /^[0-9]+ (passed|failed|skipped).* in [0-9.]+s|^SKIPPED / { print "pytest, " name ": " $0 }
    /^\[  SKIPPED \] [0-9]+ test/ { print "GoogleTest, " name ": " $4 " skipped" }
    /^\[  PASSED  \] [0-9]+ tests/ { print "GoogleTest, " name ": " $4 " passed" }' \
    "$folder/Testing/Temporary/LastTest.log"
  grep -E '^[0-9]+% tests passed|^Total Test time' "$folder/tests.log"
}
for preset in "${presets[@]}"; do closing_lines "$preset"; done | tee build/closing.log
# From the last such heading on. awk reads to the end: a reader that stops early kills the one before it.
[[ ! $debian13 ]] || awk '/^== Debian 13$/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' build/debian13.log
exit $status
