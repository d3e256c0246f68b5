"""scripts/setup.sh on machines that are made up: its dpkg-query, apt-get, id and sudo are small scripts."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SETUP = ROOT / "scripts" / "setup.sh"
TOOLS = ("bash", "dirname", "cat", "grep", "env")


def packages(*purposes):
    lines = (ROOT / "scripts" / "packages.txt").read_text().splitlines()
    fields = [line.split(None, 2) for line in lines if line and not line.startswith("#")]
    assert all(len(field) == 3 for field in fields), "a package, what for, and the reason"
    return [name for name, purpose, _ in fields if purpose in purposes]


class Machine:
    """A PATH with nothing but a few tools and what is made up. `log` has the calls of apt-get."""

    def __init__(self, folder):
        self.folder = folder / "bin"
        self.folder.mkdir()
        self.log = folder / "log"
        self.log.write_text("")
        for tool in TOOLS:
            places = [Path(p) / tool for p in ("/usr/bin", "/bin")]
            (self.folder / tool).symlink_to(next(p for p in places if p.exists()))

    def add(self, name, script):
        (self.folder / name).write_text(f"#!{self.folder}/bash\n{script}\n")
        (self.folder / name).chmod(0o755)

    def installed(self, names):
        (self.folder / "status").write_text("".join(f"{name}\n" for name in names))
        self.add(
            "dpkg-query",
            f'if grep -qx -- "${{!#}}" {self.folder}/status; then echo installed; else echo not-installed; exit 1; fi',
        )

    def apt(self, status=0):
        self.add("apt-get", f'echo "$DEBIAN_FRONTEND apt-get $*" >> {self.log}; exit {status}')

    def known(self, names):
        """What apt-cache finds."""
        self.add("apt-cache", f'[[ " {" ".join(names)} " == *" $2 "* ]]')

    def user(self, number):
        self.add("id", f"echo {number}")

    def run(self, *arguments, **environment):
        return subprocess.run(
            [SETUP, *arguments],
            env={"PATH": str(self.folder), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def gave_up(done, *words):
    assert done.returncode == 1
    for word in words:
        assert word in done.stderr


def test_where_all_is_there_it_needs_neither_apt_nor_root(machine):
    machine.installed(packages("run", "test"))
    machine.user(1000)
    done = machine.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "Setup: all packages are there.\n", "")


def test_root_installs_exactly_what_is_missing(machine):
    machine.installed([p for p in packages("run", "test") if p not in ("libdnnl-dev", "libgtest-dev")])
    machine.user(0)
    machine.apt()
    done = machine.run()
    assert done.returncode == 0, done.stderr
    assert machine.log.read_text().splitlines() == [
        "noninteractive apt-get update -q",
        "noninteractive apt-get install -q -y --no-install-recommends libdnnl-dev libgtest-dev",
    ]


def test_the_demo_installs_nothing_that_only_tests_need(machine):
    machine.installed([])
    machine.user(0)
    machine.apt()
    assert machine.run("run").returncode == 0
    asked = re.search(r"recommends (.*)", machine.log.read_text())[1].split()
    assert asked == packages("run")
    assert "libgtest-dev" not in asked


def test_a_user_installs_with_sudo(machine):
    machine.installed(packages("run"))
    machine.user(1000)
    machine.apt()
    machine.add("sudo", f'[[ $1 == -n ]] && exit 0; echo sudo >> {machine.log}; exec "$@"')
    assert machine.run().returncode == 0
    assert machine.log.read_text().splitlines()[0::2] == ["sudo", "sudo"]


def test_without_apt_it_lists_what_is_missing_and_stops(machine):
    machine.user(0)
    done = machine.run("run")
    gave_up(done, "there is no apt here", f"apt-get install {' '.join(packages('run'))}\n")


def test_without_root_and_sudo_it_lists_what_is_missing_and_stops(machine):
    machine.installed([p for p in packages("run", "test") if p != "openmpi-bin"])
    machine.user(1000)
    machine.apt()
    done = machine.run()
    gave_up(done, "there is no sudo here", "  openmpi-bin          mpirun\n", "apt-get install openmpi-bin\n")
    assert machine.log.read_text() == ""


def test_where_sudo_is_not_allowed_it_stops(machine):
    machine.installed([])
    machine.user(1000)
    machine.apt()
    machine.add("sudo", "exit 1")
    gave_up(machine.run(), "sudo does not let this user install them")
    assert machine.log.read_text() == ""


def test_where_apt_fails_it_lists_what_is_missing_and_stops(machine):
    machine.installed(packages("run"))
    machine.user(0)
    machine.apt(status=100)
    gave_up(machine.run(), "apt-get update failed", "libgtest-dev")


def test_it_can_be_skipped(machine):
    done = machine.run(CNNBENCH_SETUP="skip")
    assert done.returncode == 0
    assert "skipped" in done.stdout


def test_the_libraries_of_backends_come_with_the_tests_where_the_distribution_has_them(machine):
    known, unknown = packages("backend")[0], packages("backend")[1]
    machine.installed([p for p in packages("run", "test") if p != "libgtest-dev"])
    machine.user(0)
    machine.apt()
    machine.known([known])
    assert machine.run().returncode == 0
    calls = machine.log.read_text().splitlines()
    assert calls[1].endswith("--no-install-recommends libgtest-dev")
    assert calls[2].endswith(f"--no-install-recommends {known}")
    assert unknown not in machine.log.read_text()


def test_the_tools_of_single_tests_come_where_the_distribution_has_them(machine):
    machine.installed(packages("run", "test"))
    machine.known(packages("check"))
    machine.user(0)
    machine.apt()
    assert machine.run().returncode == 0
    (call,) = machine.log.read_text().splitlines()
    assert call.endswith(f"--no-install-recommends {' '.join(packages('check'))}")


def test_libraries_of_backends_that_are_not_wanted_are_left_alone(machine):
    unwanted, wanted = packages("backend")[:2]
    machine.installed(packages("run", "test"))
    machine.known(packages("backend"))
    machine.user(0)
    machine.apt()
    assert machine.run(CNNBENCH_SETUP_WITHOUT=f"{unwanted} x").returncode == 0
    assert wanted in machine.log.read_text()
    assert unwanted not in machine.log.read_text()


def test_a_backend_that_cannot_be_installed_is_left_out(machine):
    machine.installed(packages("run", "test"))
    machine.known(packages("backend"))
    machine.user(0)
    machine.apt(status=100)
    done = machine.run()
    assert done.returncode == 0
    assert "their backends and tests are left out" in done.stdout
    machine.user(1000)
    done = machine.run()
    assert (done.returncode, "whose backends and tests are left out" in done.stdout) == (0, True)


def test_the_demo_does_without_the_libraries_of_backends(machine):
    machine.installed(packages("run"))
    machine.known(packages("backend"))
    machine.user(0)
    machine.apt()
    assert machine.run("run").stdout == "Setup: all packages are there.\n"
    assert machine.log.read_text() == ""


def test_an_unknown_purpose_is_refused(machine):
    gave_up(machine.run("everything"), "usage: scripts/setup.sh")
