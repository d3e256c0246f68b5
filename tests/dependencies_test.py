"""Who may include whom: the rules of the design, read off the #include lines."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (".h", ".cpp", ".in")

# The parts of harness/ that each part may include, beside itself. `main` is what lies in harness/ directly.
PARTS = {
    "model": set(),
    "backend": {"model"},
    "cluster": set(),
    "machine": set(),
    "config": {"model", "backend"},
    "measure": {"model", "backend", "cluster", "machine"},
    "worker": {"model", "backend", "cluster", "measure"},
    "report": {"model", "measure"},
    "main": {"model", "backend", "cluster", "machine", "config", "measure", "worker", "report"},
}
# What only one place may include: (pattern of the header, prefixes of the files that may).
LIBRARIES = {
    "MPI": (r"mpi\.h", ("harness/cluster/", "tests/mpi/")),
    "yaml-cpp": (r"yaml-cpp/.*", ("harness/config/",)),
    "oneDNN": (r"(oneapi/)?dnnl.*", ("kernels/onednn/", "tests/kernels/onednn/")),
    "XNNPACK": (r"xnnpack\.h|pthreadpool\.h", ("kernels/xnnpack/",)),
    "ONNX Runtime": (r"(onnxruntime/)?onnxruntime_.*", ("kernels/onnxruntime/",)),
    "Highway": (r"hwy/.*", ("kernels/winograd/", "tests/kernels/winograd/", "benchmarks/winograd_benchmark.cpp")),
    "libtorch": (r"(ATen|c10|torch)/.*", ("kernels/torch/",)),
    "RE2": (r"re2/.*", ("harness/measure/layer_pattern.cpp",)),
    "Boost.Math": (r"boost/.*", ("harness/measure/student_t.cpp",)),
    "CLI11": (r"CLI/.*", ("harness/options.cpp",)),
}
# Kernels that those of another folder put into their networks.
GUESTS = {"kernels/onednn/": "kernels/winograd/"}
# What the folders of kernels share. The judge, and kernels that know nothing of the harness, do without it.
COMMON = "kernels/common/"
WITHOUT_COMMON = ("kernels/reference/", "kernels/winograd/")
# config needs the word for a pass, and nothing else of the backend.
ONLY_HEADER = {("config", "backend"): "harness/backend/backend.h"}


def part_of(path):
    """The part of harness/ that a file belongs to; None where it is not in harness/."""
    folders = path.split("/")
    if folders[0] != "harness":
        return None
    return folders[1] if len(folders) > 2 else "main"


def why_not(file, header):
    """The rule that `file` breaks by including `header`; None where it may. Paths from the root."""
    for name, (pattern, places) in LIBRARIES.items():
        if re.fullmatch(pattern, header) and not file.startswith(places):
            return f"only {' and '.join(places)} may include {name}"
    top = file.split("/")[0]
    if top not in ("harness", "kernels"):
        return None
    if header.startswith(("tests/", "benchmarks/")):
        return "the program does not include its tests or benchmarks"
    if top == "kernels":
        own = "/".join(file.split("/")[:2]) + "/"
        if own == "kernels/winograd/" and header.startswith("harness/"):
            return "kernels/winograd/ knows nothing of the harness"
        if own in GUESTS and header.startswith(GUESTS[own]):
            return None
        if header.startswith(COMMON):
            return f"{own} does without {COMMON}" if own in WITHOUT_COMMON else None
        if header.startswith(("harness/", "kernels/")) and not header.startswith(
            ("harness/backend/", "harness/model/", own)
        ):
            return f"kernels may include harness/backend/, harness/model/ and their own folder, {own}, and most {COMMON}"
        return None
    if header.startswith("kernels/"):
        return "harness/ never includes kernels/"
    part, target = part_of(file), part_of(header)
    if target is None or target == part:
        return None
    if part not in PARTS:
        return f"harness/{part}/ is a part that has no rule yet"
    if target not in PARTS[part]:
        return f"{part} may include {', '.join(sorted(PARTS[part])) or 'no other part'}"
    if header != ONLY_HEADER.get((part, target), header):
        return f"{part} may include nothing of {target} but {ONLY_HEADER[part, target]}"
    return None


def violations(root):
    """(number of #include lines read, "file:line: header: rule" of each that breaks one)."""
    read, found = 0, []
    for folder in ("harness", "kernels", "tests", "benchmarks"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SOURCES or not path.is_file():
                continue
            file = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
                if not match:
                    continue
                read += 1
                header = match[1] or match[2]
                if match[1] and not (root / header).exists() and (path.parent / header).exists():
                    found.append(f"{file}:{number}: {header}: paths begin at the root")
                elif rule := why_not(file, header):
                    found.append(f"{file}:{number}: {header}: {rule}")
    return read, found


CLOCK = r"chrono|<(sys/)?c?time(\.h)?>|_clock\b|clock_gettime|gettimeofday|omp_get_wtime|rdtsc"


def clocks(root):
    """file:line of each line of kernels/ that uses a clock: what is the fastest, the harness's tuner finds."""
    return [
        f"{path.relative_to(root).as_posix()}:{number}"
        for path in sorted((root / "kernels").rglob("*"))
        if path.suffix in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(CLOCK, line)
    ]


def test_kernels_use_no_clock():
    assert clocks(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "#include <chrono>",
        "#include <ctime>",
        "#include <sys/time.h>",
        "using Clock = std::chrono::steady_clock;",
        "const double start = omp_get_wtime();",
        "clock_gettime(CLOCK_MONOTONIC, &now);",
        "const auto ticks = __rdtsc();",
    ],
)
def test_a_clock_in_a_kernel_is_found(tmp_path, line):
    (tmp_path / "kernels/onednn").mkdir(parents=True)
    (tmp_path / "kernels/onednn/a.cpp").write_text(f"// The first of the two times.\n{line}\n")
    assert clocks(tmp_path) == ["kernels/onednn/a.cpp:2"]


def test_the_tree_keeps_the_rules():
    read, found = violations(ROOT)
    assert read > 300, "too few #include lines: does the checker still see the tree?"
    assert not found, "\n".join(found)


FORBIDDEN = [
    ("harness/model/a.h", '"harness/backend/backend.h"'),
    ("harness/backend/a.h", '"harness/measure/runner.h"'),
    ("harness/cluster/a.cpp", '"harness/model/model.h"'),
    ("harness/machine/a.cpp", '"harness/cluster/cluster.h"'),
    ("harness/config/a.cpp", '"harness/backend/random.h"'),
    ("harness/config/a.cpp", '"harness/report/report.h"'),
    ("harness/measure/a.cpp", '"harness/report/report.h"'),
    ("harness/measure/a.cpp", '"harness/options.h"'),
    ("harness/report/a.cpp", '"harness/cluster/cluster.h"'),
    ("harness/new/a.cpp", '"harness/model/model.h"'),
    ("harness/main.cpp", '"kernels/onednn/program.h"'),
    ("harness/main.cpp", '"tests/mpi/probe.h"'),
    ("harness/main.cpp", "<mpi.h>"),
    ("harness/main.cpp", "<CLI/CLI.hpp>"),
    ("harness/report/a.cpp", "<yaml-cpp/yaml.h>"),
    ("kernels/reference/a.cpp", "<oneapi/dnnl/dnnl.hpp>"),
    ("kernels/reference/a.cpp", '"dnnl.h"'),
    ("kernels/onednn/a.cpp", "<pthreadpool.h>"),
    ("kernels/xnnpack/a.cpp", "<onnxruntime/onnxruntime_cxx_api.h>"),
    ("kernels/onnxruntime/a.cpp", "<xnnpack.h>"),
    ("kernels/onednn/a.cpp", '"kernels/reference/layers.h"'),
    ("kernels/onednn/a.cpp", "<ATen/ATen.h>"),
    ("harness/backend/a.cpp", "<c10/core/Allocator.h>"),
    ("kernels/onednn/a.cpp", '"harness/measure/clock.h"'),
    ("kernels/onednn/bare/a.cpp", '  "harness/options.h"'),
    ("kernels/winograd/a.cpp", '"harness/backend/backend.h"'),
    ("kernels/winograd/a.cpp", '"kernels/onednn/compat.h"'),
    ("kernels/gemm/a.cpp", '"kernels/winograd/convolution.h"'),
    ("kernels/reference/a.cpp", '"kernels/common/window.h"'),
    ("kernels/winograd/a.cpp", '"kernels/common/window.h"'),
    ("kernels/common/a.cpp", '"kernels/gemm/builder.h"'),
    ("kernels/common/a.cpp", '"harness/measure/clock.h"'),
    ("kernels/onednn/winograd.cpp", "<hwy/highway.h>"),
    ("benchmarks/a.cpp", "<hwy/highway.h>"),
    ("tests/harness/report/a_test.cpp", "<mpi.h>"),
    ("benchmarks/a.cpp", "<yaml-cpp/yaml.h>"),
]


@pytest.mark.parametrize("file, header", FORBIDDEN)
def test_a_forbidden_include_is_found_with_its_place(tmp_path, file, header):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(f"// A file.\n# include {header}\n")
    read, found = violations(tmp_path)
    assert read == 1
    assert [line.split(": ")[:2] for line in found] == [[f"{file}:2", header.strip(' "<>')]]


ALLOWED = [
    ("harness/main.cpp", '"harness/cluster/placement.h"'),
    ("harness/options.cpp", "<CLI/CLI.hpp>"),
    ("harness/config/a.cpp", '"harness/backend/backend.h"'),
    ("harness/config/a.cpp", "<yaml-cpp/parser.h>"),
    ("harness/cluster/a.cpp", "<mpi.h>"),
    ("harness/measure/a.cpp", '"harness/machine/facts.h"'),
    ("harness/report/a.cpp", '"harness/measure/record.h"'),
    ("kernels/onednn/bare/a.cpp", '"kernels/onednn/compat.h"'),
    ("kernels/onednn/a.cpp", "<oneapi/dnnl/dnnl.hpp>"),
    ("kernels/onednn/winograd.cpp", '"kernels/winograd/convolution.h"'),
    ("kernels/winograd/a-inl.h", "<hwy/highway.h>"),
    ("tests/kernels/winograd/a_test.cpp", "<hwy/highway.h>"),
    ("benchmarks/winograd_benchmark.cpp", "<hwy/highway.h>"),
    ("kernels/xnnpack/a.cpp", "<xnnpack.h>"),
    ("kernels/xnnpack/a.cpp", '"kernels/common/buffer_plan.h"'),
    ("kernels/common/a.cpp", '"harness/backend/initial_values.h"'),
    ("kernels/onnxruntime/a.cpp", "<onnxruntime/onnxruntime_cxx_api.h>"),
    ("kernels/torch/a.cpp", "<ATen/ATen.h>"),
    ("kernels/reference/a.cpp", '"harness/backend/oracle.h"'),
    ("tests/mpi/a_test.cpp", "<mpi.h>"),
    ("benchmarks/a.cpp", '"kernels/onednn/bare/bare_loop.h"'),
]


@pytest.mark.parametrize("file, header", ALLOWED)
def test_an_allowed_include_is_no_violation(tmp_path, file, header):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(f"#include {header}\n")
    assert violations(tmp_path) == (1, [])


def test_a_path_that_begins_at_its_own_folder_is_found(tmp_path):
    folder = tmp_path / "harness" / "model"
    folder.mkdir(parents=True)
    (folder / "model.h").write_text("")
    (folder / "model.cpp").write_text('#include "model.h"\n')
    assert violations(tmp_path)[1] == ["harness/model/model.cpp:1: model.h: paths begin at the root"]
