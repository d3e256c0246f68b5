"""Runs the launches of a comparison of a command with itself, one after the other."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from cnnbench_results.result import ResultError

from . import arms

ARMS = ("a", "b")
ORDER = "abba"
PATIENCE = 30  # seconds that an interrupted launch has to end in order


class LaunchError(Exception):
    """A launch that failed; its text is one line for the user."""


class Interrupted(Exception):
    """Ctrl-C, or SIGTERM."""


def order(launches):
    """The arms of 2 · `launches` launches, ABBA ABBA …: a drift that is linear in time falls on both arms
    alike.
    """
    return [ORDER[i % len(ORDER)] for i in range(2 * launches)]


def run_all(command, folder, launches):
    """Runs `command` --output FOLDER/ARM/NUMBER for each launch; what it prints goes to output.txt there.
    Launches that ended stay; one that did not is moved to FOLDER/unfinished. Raises LaunchError, Interrupted,
    OSError.
    """
    plan = order(launches)
    for name in ARMS:
        (folder / name).mkdir(exist_ok=True)
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    begin, done, target = time.monotonic(), 0, None
    try:
        for done, arm in enumerate(plan):
            _progress(done, len(plan), arm, time.monotonic() - begin)
            target = folder / arm / f"{done + 1:03d}"
            target.mkdir()
            _run([*command, "--output", str(target)], target / "output.txt")
            if not _has_result(target):
                raise LaunchError("it wrote no result; does the command take --output?")
            target = None
    except (LaunchError, Interrupted) as error:
        what = f"launch {done + 1} of {len(plan)}"
        if isinstance(error, Interrupted):
            _set_aside(target, folder)
            raise Interrupted(f"interrupted in {what}; the {done} that ended are kept") from None
        kept = _set_aside(target, folder)
        raise LaunchError(f"{what}: {error}; what it printed is in {kept / 'output.txt'}") from None
    finally:
        _end_progress()
        for number, handler in before.items():
            signal.signal(number, handler)


def _has_result(folder):
    try:
        return bool(arms.result_files(folder))
    except ResultError:
        return False


def _set_aside(target, folder):
    """Where a launch that did not end well goes, so that it is in no arm."""
    kept = folder / "unfinished"
    if target is not None and target.exists():
        shutil.move(target, kept)
    return kept


def _interrupt(number, frame):
    raise Interrupted


def _run(command, log):
    """Runs one launch in a session of its own, so that Ctrl-C comes to it once, from here, and not from the
    terminal too: for bench a second one means to end at once.
    """
    with open(log, "w") as file:
        streams = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": subprocess.STDOUT}
        try:
            process = subprocess.Popen(command, start_new_session=True, **streams)
        except OSError as error:
            raise LaunchError(f"cannot start {command[0]}: {error.strerror}") from None
        try:
            status = process.wait()
        except Interrupted:
            _end(process)
            raise
    if status != 0:
        raise LaunchError(f"`{shlex.join(command)}` ended with exit status {status}")


def _end(process):
    """Asks a launch to end, and ends it and all that it started where it takes too long or there is a second
    Ctrl-C.
    """
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except (subprocess.TimeoutExpired, Interrupted):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _progress(done, count, arm, seconds):
    if sys.stderr.isatty():
        left = f", about {seconds / done * (count - done):.0f} s left" if done else ""
        print(f"\rlaunch {done + 1} of {count}, arm {arm}{left}\x1b[K", end="", file=sys.stderr, flush=True)


def _end_progress():
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def find_arms(folder):
    """The two arms in a folder that run_all() filled; of any other folder all launches in the order in which
    they began, dealt out ABBA. Raises ResultError.
    """
    folder = Path(folder)
    if all((folder / name).is_dir() for name in ARMS):
        return [arms.read_arm(name, [folder / name]) for name in ARMS]
    everything = arms.read_arm("all", [folder])
    began = sorted(everything.launches, key=lambda r: (str(r.document.get("start_time") or ""), str(r.path)))
    dealt = [tuple(r for i, r in enumerate(began) if ORDER[i % len(ORDER)] == name) for name in ARMS]
    if not all(dealt):
        raise ResultError(f"{folder}: it has one launch; each of the two arms needs at least one")
    return [arms.Arm(name, launches) for name, launches in zip(ARMS, dealt)]
