"""cnnbench on 64-bit ARM: all of it compiles, and what needs no library of such a machine is right on NEON, in an
emulator, which says nothing about speed."""

import json
import os
import re
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ["BUILD_DIR"])
CMAKE = os.environ["CMAKE"]
COMPILER = "aarch64-linux-gnu-g++"
NEEDED = {COMPILER: "g++-aarch64-linux-gnu", "qemu-aarch64": "qemu-user", "/usr/src/googletest": "libgtest-dev"}
MISSING = [package for file, package in NEEDED.items() if not (shutil.which(file) or Path(file).is_dir())]
if MISSING:
    pytest.skip(f"not installed: {' '.join(MISSING)}", allow_module_level=True)  # status 5: CTest shows it as skipped

# Headers of this machine, behind the cross compiler's own; MPI's and hwloc's differ in nothing that matters here.
FOLDERS = ("/usr/include", "/usr/include/x86_64-linux-gnu")
AT_ONCE = 8  # files in one, as in CMake's unity builds: most of the time goes into the headers
# What CTest runs the programs of arm/CMakeLists.txt in.
ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "passive"}


def run(*command, **how):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **how)


def flags(command):
    """Definitions and include folders of a compiler's command."""
    kept, words = [], iter(shlex.split(command))
    for word in words:
        if word == "-isystem":
            kept += ["-idirafter", next(words)]
        elif word.startswith(("-D", "-I", "-fopenmp")):
            kept.append(word)
    return kept


def joined(file):
    """The files that CMake compiles as one (a unity build), or the file itself."""
    if file.name.startswith("unity_"):
        return [Path(path) for path in re.findall(r'^#include "(.*)"$', file.read_text(), re.MULTILINE)]
    return [file]


def own_code():
    """(flags, files) for all of our code but kernels/torch, whose headers take minutes, and kernels/winograd, which is
    built for the tests below."""
    wanted = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        for file in joined(Path(entry["file"])):
            name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else ""
            if name.startswith(("harness/", "kernels/", "benchmarks/")) and not name.startswith(
                ("kernels/torch/", "kernels/winograd/")
            ):
                wanted[file] = flags(entry["command"])
    for (_, kept), group in groupby(sorted(wanted.items()), lambda one: (one[0].parent, one[1])):
        group = [file for file, _ in group]
        # Highway includes a file again, by its own name.
        at_once = 1 if any("winograd" in file.name for file in group) else AT_ONCE
        for i in range(0, len(group), at_once):
            yield kept, group[i : i + at_once]


def compile_(kept, files):
    """What the cross compiler has against the files; empty where it has nothing."""
    folders = [word for folder in FOLDERS for word in ("-idirafter", folder)]
    text = "".join(f'#include "{file}"\n' for file in files)
    done = run(COMPILER, "-std=c++20", "-fsyntax-only", *kept, *folders, "-x", "c++", "-", input=text)
    return done.stderr if done.returncode else ""


def test_all_of_our_code_compiles():
    parts = list(own_code())
    assert sum(len(files) for _, files in parts) > 150
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = list(pool.map(lambda part: compile_(*part), parts))
    assert not any(errors), "\n".join(filter(None, errors))


@pytest.mark.parametrize("code", ['bool f() { return __builtin_cpu_supports("avx2"); }', "#include <immintrin.h>"])
def test_what_only_x86_has_does_not(tmp_path, code):
    (tmp_path / "a.cpp").write_text(code)
    assert "error" in compile_([], [tmp_path / "a.cpp"])


def test_the_kernels_are_right_on_neon():
    folder = BUILD / "arm"
    configured = run(
        CMAKE, "-G", "Ninja", "-S", ROOT / "tests/arm", "-B", folder, f"--toolchain={ROOT / 'cmake/aarch64.cmake'}"
    )
    assert configured.returncode == 0, configured.stdout + configured.stderr
    built = run(CMAKE, "--build", folder)
    assert built.returncode == 0, built.stdout + built.stderr
    tests = run("ctest", "--test-dir", folder, "-j", os.cpu_count(), "--output-on-failure", env=ENVIRONMENT)
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "0 tests failed out of 5" in tests.stdout
