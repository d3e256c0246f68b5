"""Result folders of many launches, with invented times whose spread and differences are known."""

import copy
import random

from synthetic_result import Synthetic, lenet


def document(networks=None, **more):
    """A result whose times say nothing yet: the base of the launches."""
    return Synthetic(networks or [lenet()], **more)


def write_launch(folder, base, factor=lambda record: 1.0, minute=0, **facts):
    """One launch: every record of the base with its times multiplied. `facts` go into `cnnbench`."""
    made = copy.copy(base)
    made.document = copy.deepcopy(base.document)
    start_time = f"2026-11-22T{minute // 60:02d}:{minute % 60:02d}:00Z"
    made.document["cnnbench"].update({"start_time": start_time, **facts})
    for record in made.records:
        times = factor(record)
        summary = record["summary"]
        for key in ("mean", "median", "sd", "min", "max", "total"):
            summary[key] = None if summary[key] is None else summary[key] * times
        record["samples"] = [sample * times for sample in record["samples"]]
    return made.write(folder)


def write_arm(folder, base, count, seed, sd=0.01, slower=lambda record: 1.0, first_minute=0, **facts):
    """Launches folder/0, folder/1, …, a minute apart; each record of each has an error of its own."""
    generator = random.Random(seed)
    for i in range(count):
        write_launch(
            folder / str(i), base, lambda r: slower(r) * generator.gauss(1, sd), first_minute + i, **facts
        )
    return folder
