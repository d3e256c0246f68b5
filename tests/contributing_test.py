"""The worked example of CONTRIBUTING.md is code that compiles."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def example():
    blocks = re.findall(r"```cpp\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    assert len(blocks) == 1
    return blocks[0]


def compile_(folder, code):
    source = folder / "backend.cpp"
    source.write_text(code)
    return subprocess.run(
        [os.environ.get("CXX", "c++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I", ROOT, source],
        capture_output=True,
        text=True,
    )


def test_the_worked_example_of_a_backend_compiles(tmp_path):
    done = compile_(tmp_path, example())
    assert done.returncode == 0, done.stderr


def test_code_against_the_contract_does_not(tmp_path):
    assert compile_(tmp_path, example().replace("double loss() const override", "int loss() const override")).returncode
