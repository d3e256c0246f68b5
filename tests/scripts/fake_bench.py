#!/usr/bin/python3
"""Stands in for bench: writes a result of invented times at once, and its --output as a line into the --log.
By the lines there it is the N-th launch; it fails, writes no result, or waits for an interruption if told to.
"""

import argparse
import random
import signal
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
from launches import document, write_launch  # noqa: E402
from synthetic_result import two_layers  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--log", type=Path)
parser.add_argument("--output", type=Path)
parser.add_argument("--sd", type=float, default=0.01)
for event in ("--fail-at", "--no-result-at", "--wait-at"):
    parser.add_argument(event, type=int)
options = parser.parse_args()

with options.log.open("a") as log:
    log.write(f"{options.output}\n")
launch = len(options.log.read_text().splitlines())
generator = random.Random(launch)
print(f"this is launch {launch}", flush=True)


def write(**facts):
    folder = options.output / "20261122T000000Z-fake"
    write_launch(folder, document([two_layers()]), lambda r: generator.gauss(1, options.sd), launch, **facts)


def interrupted(number, frame):
    with options.log.with_suffix(".interruptions").open("a") as file:
        file.write("one\n")
    time.sleep(0.3)  # a second interruption would come now
    write(status="partial")
    sys.exit(3)


if launch == options.fail_at:
    print("no memory left")
    sys.exit(1)
if launch == options.wait_at:
    signal.signal(signal.SIGINT, interrupted)
    options.log.with_suffix(".waiting").touch()
    time.sleep(60)
if launch != options.no_result_at:
    write(command=["fake_bench", "--sd", str(options.sd)])
