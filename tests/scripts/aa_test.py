"""scripts/aa.py as a user runs it, with a program that only pretends to measure."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from launches import document, write_arm, write_launch
from synthetic_result import two_layers

HERE = Path(__file__).resolve().parent
AA = HERE.parents[1] / "scripts" / "aa.py"
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parents[1] / 'scripts'}"}


def run(*arguments, **more):
    command = [sys.executable, str(AA), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, **more)


class Fake:
    """What aa.py is called with, and what the launches wrote about themselves."""

    def __init__(self, folder):
        self.output, self.log = folder / "out", folder / "log"

    def arguments(self, launches, *options):
        fake = [sys.executable, str(HERE / "fake_bench.py"), "--log", str(self.log), *map(str, options)]
        return ["--launches", str(launches), "--output", str(self.output), "--", *fake]

    def run(self, launches, *options):
        return run(*self.arguments(launches, *options))

    def outputs(self):
        return [Path(line).relative_to(self.output).as_posix() for line in self.log.read_text().splitlines()]

    def results(self, arm):
        return sorted(p.parent.parent.name for p in (self.output / arm).glob("*/*/result.json"))


@pytest.fixture
def fake(tmp_path):
    return Fake(tmp_path)


def words(text):
    return " ".join(text.split())


def test_launches_take_turns_in_the_order_abba(fake):
    done = fake.run(3)
    assert (done.returncode, done.stderr) == (0, "")
    assert fake.outputs() == ["a/001", "b/002", "b/003", "a/004", "a/005", "b/006"]
    assert fake.results("a") == ["001", "004", "005"]
    assert (fake.output / "b" / "002" / "output.txt").read_text() == "this is launch 2\n"


def test_it_shows_verdicts_false_positives_and_what_it_could_have_seen(fake):
    done = fake.run(6)
    assert done.returncode == 0, done.stderr
    assert "fake_bench --sd 0.01" in done.stdout
    text = words(done.stdout)
    assert re.search(r"filters/forward/onednn .* (same|inconclusive) \+\d\.\d %", text)
    assert "False positives: 0 of 3 rows (0.0 %)." in text
    assert re.search(r"could have seen: Whole networks \(view network\): \+[1-4]\.\d %\.", text)
    assert re.search(r"\(view layers\): \+\d\.\d % \(median row\), \+\d\.\d % \(\w+ forward\)\.", text)
    assert max(map(len, done.stdout.splitlines()[2:])) <= 100


def test_options_alone_are_those_of_the_program(fake, tmp_path):
    bench = tmp_path / "bench"
    bench.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "fake_bench.py"} "$@"\n')
    bench.chmod(0o755)
    done = run("--launches", 1, "--bench", bench, "--output", fake.output, "--", "--log", fake.log)
    assert done.returncode == 0, done.stderr
    assert fake.outputs() == ["a/001", "b/002"]
    assert "not known, since no row has enough launches" in words(done.stdout)


def test_a_difference_of_the_arms_is_a_false_positive(tmp_path):
    base = document([two_layers()])
    write_arm(tmp_path / "a", base, 9, seed=1)
    write_arm(tmp_path / "b", base, 9, seed=2, slower=lambda r: 1.1 if r["view"] == "network" else 1.0)
    done = run("--existing", tmp_path)
    assert done.returncode == 0, done.stderr
    text = words(done.stdout)
    assert "False positives: 1 of 3 rows (33.3 %): filters/forward/onednn network slower." in text
    assert "p is at most 0.05 in 1 of 3 rows" in text


def test_other_results_are_dealt_out_in_the_order_in_which_they_began(tmp_path):
    base = document([two_layers()], views=["network"])
    for minute, name in enumerate("87654321"):  # ABBA ABBA by time: the launches of b take ten times as long
        write_launch(tmp_path / name, base, lambda r: 10.0 if minute % 4 in (1, 2) else 1.0, minute)
    done = run("--existing", tmp_path)
    assert "launches 4 of a and 4 of b" in done.stdout
    assert re.search(r"onednn .* 10\.000 +10\.000–10\.000", done.stdout)


def test_a_launch_that_fails_ends_it_and_the_others_are_kept(fake):
    done = fake.run(3, "--fail-at", 4)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "aa.py: launch 4 of 6: `" in done.stderr
    assert "ended with exit status 1" in done.stderr
    assert "no memory left" in (fake.output / "unfinished" / "output.txt").read_text()
    assert (fake.results("a"), fake.results("b")) == (["001"], ["002", "003"])


def test_a_launch_without_a_result_ends_it(fake):
    done = fake.run(2, "--no-result-at", 2)
    assert done.returncode == 1
    assert "launch 2 of 4: it wrote no result; does the command take --output?" in done.stderr


def test_a_command_that_cannot_be_started_is_named(tmp_path):
    done = run("--output", tmp_path / "out", "--", tmp_path / "nowhere")
    assert done.returncode == 1
    assert "nowhere: No such file or directory" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_what_is_done_and_says_how_to_compare_it(fake, number):
    command = [sys.executable, str(AA), *fake.arguments(4, "--wait-at", 4)]
    with subprocess.Popen(command, text=True, env=ENVIRONMENT, stderr=subprocess.PIPE) as running:
        end = time.monotonic() + 60
        while not fake.log.with_suffix(".waiting").exists() and time.monotonic() < end:
            time.sleep(0.02)
        running.send_signal(number)
        _, message = running.communicate(timeout=60)
    assert running.returncode == 3
    assert "aa.py: interrupted in launch 4 of 8; the 3 that ended are kept. To compare those: " in message
    assert fake.log.with_suffix(".interruptions").read_text() == "one\n"
    assert (fake.results("a"), fake.results("b")) == (["001"], ["002", "003"])
    assert list((fake.output / "unfinished").rglob("result.json"))  # its partial result, in no arm
    again = message.rstrip("\n").partition("To compare those: aa.py ")[2].split(" ")
    assert "launches 1 of a and 2 of b" in run(*again).stdout


def test_progress_is_shown_on_a_terminal_and_nowhere_else(fake):
    terminal, end = pty.openpty()
    command = [sys.executable, str(AA), *fake.arguments(2)]
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=end)
    os.close(end)
    shown = os.read(terminal, 10000).decode()
    assert done.returncode == 0
    assert "launch 1 of 4, arm a" in shown
    assert re.search(r"launch 4 of 4, arm a, about \d+ s left", shown)


BAD = [
    ([], "what is to be run"),
    (["--launches", "0", "--", "bench"], "--launches: invalid number of launches, at least 1 value: '0'"),
    (["--launches", "2"], "what is to be run"),
    (["--existing", "x", "--", "bench"], "either --existing or a command"),
    (["--", "bench", "--output", "x"], "the command has an --output of its own"),
    (["--bench", "x", "--", "mpirun", "bench"], "--bench is for a command that begins with an option"),
    (["--existing", "nowhere"], "aa.py: nowhere: no such file or folder"),
    (["--unknown", "--", "bench"], "--unknown"),
]


@pytest.mark.parametrize("arguments, message", BAD)
def test_bad_arguments_are_refused(arguments, message, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_in_use_is_refused(fake):
    fake.output.mkdir()
    (fake.output / "something").touch()
    done = fake.run(1)
    assert done.returncode == 2
    assert "it is not empty" in done.stderr
    assert not fake.log.exists()


def test_one_launch_alone_is_not_two_arms(tmp_path):
    write_launch(tmp_path / "only", document([two_layers()]))
    done = run("--existing", tmp_path)
    assert (done.returncode, "it has one launch" in done.stderr) == (2, True)


def test_the_script_can_be_run_as_it_is():
    assert AA.read_text().splitlines()[0] == "#!/usr/bin/python3"
    assert os.access(AA, os.X_OK)
