"""The arms of a comparison: which results they hold, and which quantities two arms have in common."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cnnbench_results.result import FILES, Result, ResultError, read_result


class Key(NamedTuple):
    """What is compared: one record of a run. The layer is "" in the view `network`."""

    view: str
    model: str
    pass_name: str
    backend: str
    layer: str
    direction: str

    @property
    def run(self):
        """model/pass/backend, as in the names of Google Benchmark's rows."""
        return f"{self.model}/{self.pass_name}/{self.backend}"


@dataclass(frozen=True)
class Arm:
    """Launches of what is meant to be one and the same run."""

    name: str
    launches: tuple[Result, ...]

    def records(self):
        """{Key: its records, one a launch that has it}, in the order of the files."""
        found = {}
        for launch in self.launches:
            for r in launch.records:
                key = Key(r.view, r.model, r.pass_name, r.backend, r.layer, r.direction)
                found.setdefault(key, []).append(r)
        return found


def result_files(argument):
    """The result.json of a run folder; of any other folder all that lie in it, at any depth but not in hidden
    folders, where a run that was killed may have left one. Raises ResultError where there is none.
    """
    path = Path(argument)
    if not path.exists():
        raise ResultError(f"{path}: no such file or folder")
    if not path.is_dir():
        return [path]
    found = []
    for folder, below, files in os.walk(path):
        name = next((name for name in FILES if name in files), None)
        below[:] = [] if name else sorted(name for name in below if name[0] != ".")
        if name:
            found.append(Path(folder) / name)
    if not found:
        raise ResultError(f"{path}: neither it nor a folder in it has a result.json")
    return found


def read_arm(name, arguments):
    """Reads the launches of an arm. Raises ResultError, for a launch that failed its verification too."""
    files = [file for argument in arguments for file in result_files(argument)]
    launches = tuple(read_result(file) for file in files)
    for launch in launches:
        if launch.status == "invalid":
            raise ResultError(f"{launch.path}: it failed its verification, so its times mean nothing")
    return Arm(name, launches)


def check_distinct(arms):
    """Each launch counts once. Raises ResultError."""
    seen = {}
    for arm in arms:
        for launch in arm.launches:
            path = launch.path.resolve()
            if path in seen:
                raise ResultError(f"{launch.path}: given twice, in {seen[path]} and in {arm.name}")
            seen[path] = arm.name


@dataclass(frozen=True)
class Pair:
    """The records of two arms that measure the same."""

    key: Key
    first: list
    other: list

    def medians(self):
        """The launches of both arms, one number each: the median step in seconds."""
        return [r.median for r in self.first], [r.median for r in self.other]


def pair_up(first, other, views=None):
    """(tables, keys that only `first` has, keys that only `other` has), of these views (None: all). A table
    is a list of Pairs: one for the whole networks, one for each view of each run besides, since views measure
    different things. Raises ResultError where the arms have nothing in common.
    """
    mine, yours = (
        {key: records for key, records in arm.records().items() if views is None or key.view in views}
        for arm in (first, other)
    )
    tables = {}
    for key in mine:
        if key in yours:
            table = key.view if key.view == "network" else (key.run, key.view)
            tables.setdefault(table, []).append(Pair(key, mine[key], yours[key]))
    if not tables:
        what = "nothing" if views is None else f"nothing of the view {', '.join(views)}"
        raise ResultError(f"{first.name} and {other.name} have {what} in common, so there is no ratio")
    ordered = sorted(tables, key=lambda table: table != "network")  # the headline first
    return (
        [tables[table] for table in ordered],
        [key for key in mine if key not in yours],
        [key for key in yours if key not in mine],
    )
