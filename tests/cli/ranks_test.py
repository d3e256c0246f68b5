"""Steps of several ranks: start and duration of each are kept, and all that is said of them follows from these."""

import os
import statistics

import pytest
from program import measured, select, start, BENCH, MPIRUN, quick, result

TICK = 2e-9  # raw times are rounded to the nanosecond

BACKENDS = "onednn,onednn:isa=sse41"  # the second in a process of its own


def overlapping(entry):
    """(first start, last end) of each step over all ranks."""
    ranks = entry["ranks"]
    for at in range(len(ranks[0]["seconds"])):
        starts = [rank["start_seconds"][at] for rank in ranks]
        ends = [rank["start_seconds"][at] + rank["seconds"][at] for rank in ranks]
        yield min(starts), max(ends)


def check_time_line(document, steps):
    """Every step of every rank lies on one time line: after a step's last end comes the next one's first start."""
    for entry in document["steps"]:
        assert all(len(rank["start_seconds"]) == len(rank["seconds"]) == steps for rank in entry["ranks"])
        assert min(min(rank["seconds"]) for rank in entry["ranks"]) > 0
        spans = list(overlapping(entry))
        for (_, end), (begin, _) in zip(spans, spans[1:]):
            assert begin >= end - TICK, entry["view"]
        seconds = [end - begin for begin, end in spans]
        assert entry["step_seconds"] == pytest.approx(sum(seconds), abs=steps * TICK)
        assert entry["burst_seconds"] >= entry["step_seconds"] - steps * TICK


def check_records(document):
    """The time, the rate over all ranks, the imbalance and the slowest ranks of a whole step are those of the raw times."""
    for record in select(document, view="network"):
        key = {k: record[k] for k in ("model", "pass", "backend", "view")}
        (entry,) = [e for e in document["steps"] if all(e[k] == v for k, v in key.items())]
        spans = [end - begin for begin, end in overlapping(entry)]
        assert record["samples"] == pytest.approx(spans, abs=TICK)
        images = record["batch"] * record["ranks"] * len(spans)
        rate = record["batch"] * record["ranks"] / (record["summary"]["total"] / record["summary"]["n"])
        assert rate == pytest.approx(images / sum(spans), rel=1e-4)
        assert rate <= images / sum(max(own) for own in own_times(entry)) * (1 + 1e-4)
        ratios = [max(own) / statistics.median(sorted(own)[:-1]) for own in own_times(entry)]
        assert record["imbalance"] == pytest.approx(statistics.median(ratios), rel=1e-3)
        for rank in record["per_rank"]:
            raw = entry["ranks"][rank["rank"]]["seconds"]
            assert rank["summary"]["mean"] == pytest.approx(statistics.mean(raw), abs=TICK)
        assert entry["over_ranks"]["longest"]["mean"] == pytest.approx(
            statistics.mean(max(own) for own in own_times(entry)), abs=TICK
        )


def own_times(entry):
    """The ranks' own times of each step."""
    return list(zip(*(rank["seconds"] for rank in entry["ranks"])))


def test_time_and_imbalance_follow_from_the_raw_times(tmp_path):
    views = "network,layers,isolated,prefix"
    document = measured(tmp_path, "--steps", 12, "--views", views, "--backend", BACKENDS, ranks=3)
    assert {entry["view"] for entry in document["steps"]} == set(views.split(","))
    assert {entry["backend"] for entry in document["steps"]} == set(BACKENDS.split(","))
    check_time_line(document, 12)
    check_records(document)
    assert [clock["first_rank"] for clock in document["clock"]["nodes"]] == [0]
    assert document["clock"]["nodes"][0]["error_seconds"] == 0


def test_layers_are_those_of_the_raw_steps(tmp_path):
    document = measured(tmp_path, "--steps", 3, "--pass", "forward", "--views", "layers", ranks=2)
    (entry,) = document["steps"]
    layers = select(document, view="layers")
    for step, own in enumerate(own_times(entry)):
        # The longest of each layer add up to at least the longest rank's whole step.
        assert sum(record["samples"][step] for record in layers) >= max(own) - len(layers) * TICK


def test_ranks_on_one_core_cannot_hide_that_they_take_turns(tmp_path):
    core = min(os.sched_getaffinity(0))
    arguments = ["--batch", 64, "--pass", "forward", "--views", "network", "--steps", 20, "--output", tmp_path]
    done = start(
        ["taskset", "-c", core, MPIRUN, "-n", 2, "--oversubscribe", "--bind-to", "none", BENCH, *quick(*arguments)]
    )
    assert done.returncode == 0, done.stderr
    document = result(tmp_path)["cnnbench"]
    check_time_line(document, 20)
    check_records(document)


def test_one_rank_has_raw_times_and_no_parts(tmp_path):
    document = measured(tmp_path, "--steps", 11, "--pass", "forward", "--views", "network")
    check_time_line(document, 11)
    (entry,) = document["steps"]
    (record,) = document["records"]
    assert entry["over_ranks"] is None and record["imbalance"] is None
    assert entry["bursts"] == [0, 10]
    assert record["samples"] == pytest.approx(entry["ranks"][0]["seconds"], abs=TICK)
