"""How often the statements of one launch are true: of runs of two backends that ran the same kernels, and of
long series of steps.
"""

from dataclasses import dataclass, field

import numpy

from . import significance, turns

SLOWER = 1.05  # the layer that is to be found takes so many times as long
CLOSE = 1e-6  # relative: the program and scipy agree


@dataclass
class Equals:
    """Counts over tables of two backends that are equal."""

    tables: int = 0
    named: int = 0  # tables in which any row has a winner
    rows: int = 0
    held: int = 0  # rows whose interval holds 1
    slowed: int = 0  # layers of which one backend's steps were made SLOWER
    found: int = 0  # of them named, the table's other rows being as they were
    distances: list = field(default_factory=list)  # |log ratio| of each row


@dataclass
class Medians:
    """Counts over parts of long series of steps."""

    parts: int = 0
    held: int = 0  # parts whose interval holds the median of the whole series
    widths: list = field(default_factory=list)  # half of the interval over the median


def equal_rows(result, model, pass_name):
    """{row: (steps of the first, of the other, instances)} of two backends, of the layers that ran the
    same implementations in both; with the sum of the layers and the network where all layers did.
    """
    backends, cells, names, instances = [], {}, {}, {}
    for record in result.document["records"]:
        if (record["model"], record["pass"]) != (model, pass_name):
            continue
        if record["view"] not in ("layers", "network"):
            continue
        if record["backend"] not in backends:
            backends.append(record["backend"])
        row = "network" if record["view"] == "network" else record["layer"]
        key = (row, record["backend"])
        cells[key] = cells.get(key, 0) + numpy.array(record["samples"])
        instances[key] = record.get("instances", 1)
        names.setdefault(key, []).append((record["direction"], record["implementation"]))
    if len(backends) != 2:
        return {}
    first, other = backends
    rows = list(dict.fromkeys(row for row, _ in cells))
    layers = [row for row in rows if row != "network"]
    equal = [row for row in layers if names.get((row, first)) == names.get((row, other))]
    wholes = ["Σ layers", "network"] if "network" in rows else ["Σ layers"]
    for name in backends:
        cells["Σ layers", name] = sum(cells[row, name] for row in equal)
        instances["Σ layers", name] = min((instances[row, name] for row in equal), default=1)
    return {
        row: (cells[row, first], cells[row, other], min(instances[row, first], instances[row, other]))
        for row in equal + (wholes if equal and equal == layers else [])
    }


def disagreement(result, model, pass_name, table):
    """The first row of which the result's own ratio is not that of scipy; None where all agree."""
    for time in result.backend_times:
        if (time.model, time.pass_name, time.scope, time.direction) != (model, pass_name, "layer", "all"):
            continue
        if time.layer not in table or time.backend == time.relative_to or time.ratio_low is None:
            continue
        expected = turns.compare_turns(*table[time.layer])
        found = (time.ratio, time.ratio_low, time.ratio_high)
        if not numpy.allclose(found, expected[:3], rtol=CLOSE):
            return time.layer
    return None


def add_table(equals, table):
    """Counts one table."""
    found = {row: turns.compare_turns(*steps) for row, steps in table.items()}
    rows = list(found)
    ps = [found[row].p for row in rows]
    equals.tables += 1
    equals.named += min(significance.holm(ps)) <= turns.ALPHA
    equals.rows += len(rows)
    equals.held += sum(r.low <= 1 <= r.high for r in found.values())
    equals.distances += [abs(numpy.log(r.ratio)) for r in found.values()]
    for i, row in enumerate(rows):
        if row in ("Σ layers", "network"):
            continue
        first, other, instances = table[row]
        slow = turns.compare_turns(first, other * SLOWER, instances)
        corrected = significance.holm([*ps[:i], slow.p, *ps[i + 1 :]])
        equals.slowed += 1
        equals.found += slow.ratio > 1 and corrected[i] <= turns.ALPHA


def add_series(medians, steps, length):
    """Counts the whole parts of `length` steps of a series."""
    steps = numpy.asarray(steps)
    whole = numpy.median(steps)
    for first in range(0, len(steps) - length + 1, length):
        interval = turns.median_interval(steps[first : first + length])
        medians.parts += 1
        if interval is None:
            medians.held += 1
            continue
        medians.held += interval[0] <= whole <= interval[1]
        medians.widths.append((interval[1] - interval[0]) / 2 / whole)
