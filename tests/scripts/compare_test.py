"""scripts/compare.py as a user runs it."""

import csv
import io
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from launches import document, write_arm, write_launch
from synthetic_result import Network, lenet, two_layers, vgg16

COMPARE = Path(__file__).resolve().parents[2] / "scripts" / "compare.py"


def run(*arguments, **more):
    return subprocess.run(
        [sys.executable, str(COMPARE), *map(str, arguments)], capture_output=True, text=True, **more
    )


def compared(*arguments):
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(arguments, *words):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("compare.py: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    return done


def rows(text, view):
    """{name of the row: its cells} of the tables of a view."""
    found = {}
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if lines[0].endswith(f"(view {view})"):
            body = [line for line in lines[3:] if re.search(r"\S  +\S", line)]
            found.update((re.split("  +", line)[0], re.split("  +", line)[1:]) for line in body)
    return found


def verdicts(text, view):
    return {name: cells[-1] for name, cells in rows(text, view).items()}


def network_slower(ratio):
    return lambda record: ratio if record["view"] == "network" else 1.0


@pytest.fixture
def arms(tmp_path):
    """Two arms of 9 launches; the network and one layer of the second take 5 % longer."""
    base = document([two_layers()])
    slower = lambda r: 1.05 if r["layer"] in ("", "sigmoid") else 1.0  # noqa: E731
    before = write_arm(tmp_path / "before", base, 9, seed=1)
    return before, write_arm(tmp_path / "after", base, 9, seed=2, slower=slower, first_minute=20)


def test_what_became_slower_is_found_and_the_rest_is_not(arms):
    text = compared(*arms)
    assert verdicts(text, "network") == {"filters/forward/onednn": "slower"}
    found = verdicts(text, "layers")
    assert found["sigmoid forward"] == "slower"
    assert found["conv1 forward"] in ("same", "inconclusive")


def test_the_other_way_round_it_became_faster(arms):
    text = compared(*reversed(arms))
    assert verdicts(text, "network") == {"filters/forward/onednn": "faster"}
    assert rows(text, "network")["filters/forward/onednn"][2].startswith("0.9")


def test_csv_has_the_medians_over_launches_and_their_ratio(arms):
    def medians(folder):
        for file in folder.glob("*/result.json"):
            records = json.loads(file.read_text())["cnnbench"]["records"]
            yield next(r["summary"]["median"] for r in records if r["view"] == "network")

    done = run(*arms, "--format", "csv")
    (row,) = [row for row in csv.DictReader(io.StringIO(done.stdout)) if row["view"] == "network"]
    first, other = (list(medians(folder)) for folder in arms)
    assert float(row["first_median_seconds"]) == pytest.approx(statistics.median(first))
    assert float(row["ratio"]) == pytest.approx(statistics.median(other) / statistics.median(first))
    assert float(row["first_launch_sd"]) == pytest.approx(statistics.stdev(first) / statistics.median(first))
    assert float(row["ratio_low"]) < float(row["ratio"]) < float(row["ratio_high"])
    assert (row["first_launches"], row["other_launches"], row["verdict"]) == ("9", "9", "slower")
    assert "drift" in done.stderr  # remarks are not mixed into the rows


def test_each_view_has_a_table_of_its_own(tmp_path):
    base = document([lenet(), two_layers()], views=["network", "layers", "isolated", "prefix"])
    text = compared(*(write_arm(tmp_path / arm, base, 2, seed=i) for i, arm in enumerate("ab")))
    titles = re.findall(r"^(.*) \(view (.*)\)$", text, re.MULTILINE)
    assert [view for _, view in titles] == ["network"] + ["layers", "isolated", "prefix"] * 2
    assert len(rows(text, "network")) == 2
    assert len(rows(text, "prefix")) == 9 + 2 - 1  # conv1 is in both
    assert compared("--view", "network", tmp_path / "a", tmp_path / "b").count("(view ") == 1


def test_single_launches_have_ratios_and_the_spread_within_but_no_verdict(tmp_path):
    base = document([two_layers()])
    first = write_launch(tmp_path / "first", base)
    other = write_launch(tmp_path / "other", base, network_slower(1.5))
    text = compared(first / "result.json", other)
    cells = rows(text, "network")["filters/forward/onednn"]
    summary = next(r for r in base.records if r["view"] == "network")["summary"]
    assert cells[2:] == ["1.500", *[f"±{100 * summary['sd'] / summary['median']:.1f} %"] * 2]
    assert "no evidence" in " ".join(text.split())
    assert "No verdict: too few launches." in text
    assert not re.search("slower|faster|inconclusive", text.replace("above 1 is slower", ""))


def test_too_few_launches_say_how_many_are_needed(tmp_path):
    base = document([vgg16()])
    folders = [
        write_arm(tmp_path / arm, base, 5, i, slower=network_slower(2 - i)) for i, arm in enumerate("ab")
    ]
    text = " ".join(compared(*folders).split())
    assert "With 5 of an arm the test cannot reach 0.05 in a table of 24 rows" in text
    assert "it needs 7 launches an arm." in text
    assert verdicts(compared(*folders), "network") == {"vgg16/forward/onednn": "faster"}


def test_named_arms_take_several_folders(arms):
    before, after = arms
    first, second = sorted(before.iterdir()), sorted(after.iterdir())
    text = compared("--arm", "gcc12", *first, "--arm", "gcc14", *second)
    assert "gcc12: 9 launches" in text and "gcc14: 9 launches" in text
    assert "ratio: gcc14 / gcc12" in text
    assert rows(text, "layers") == rows(compared(before, after), "layers")


def test_results_are_found_at_any_depth_but_not_in_hidden_folders(tmp_path):
    base = document([two_layers()])
    for place in ("one/run", "two/deeper/run", "two/.killed.7/run"):
        write_launch(tmp_path / "a" / place, base)
    assert "A: 2 launches" in compared(tmp_path / "a", write_launch(tmp_path / "b", base))


def test_each_arm_is_compared_with_the_first(tmp_path):
    base = document([two_layers()], views=["network"])
    folders = [
        write_arm(tmp_path / arm, base, 9, i, slower=network_slower(ratio))
        for i, (arm, ratio) in enumerate([("a", 1), ("b", 1.1), ("c", 0.9)])
    ]
    text = compared(*folders)
    assert re.findall("^== (.*)$", text, re.MULTILINE) == ["B against A", "C against A"]
    assert re.findall(r"delta +verdict\n-+\n.* (\w+)$", text, re.MULTILINE) == ["slower", "faster"]


def test_no_line_is_longer_than_100_columns(tmp_path):
    network = Network("a_network_with_quite_a_long_name", 3, 32, 8)
    network.conv("a_convolution_whose_name_is_much_longer_than_any_name_should_ever_be_in_a_table", 4, 3)
    base = document([network], passes=["forward-backward"], backend="gemm:openblas")
    for count in (1, 5):
        arms = [write_arm(tmp_path / f"{count}{arm}", base, count, i) for i, arm in enumerate("ab")]
        text = compared(
            "--arm", "a_name_that_is_long", arms[0], "--arm", "another_name_that_is_even_longer", arms[1]
        )
        long = [line for line in text.splitlines() if len(line) > 100 and str(tmp_path) not in line]
        assert long == []
        assert "…" in text


def test_a_row_of_one_arm_only_is_named(tmp_path):
    base = document([lenet()])
    first = write_launch(tmp_path / "a", base)
    base.document["cnnbench"]["records"] = [r for r in base.records if r["layer"] != "pool2"]
    assert "Only in A: lenet/forward/onednn layers pool2 forward" in compared(
        first, write_launch(tmp_path / "b", base)
    )


def test_a_time_of_0_has_no_ratio(tmp_path):
    base = document([two_layers()], views=["network"])
    first = write_launch(tmp_path / "a", base, network_slower(0))
    assert "less than the clock can tell" in " ".join(
        compared(first, write_launch(tmp_path / "b", base)).split()
    )


@pytest.mark.parametrize(
    "ratio, percent, status",
    [(1.1, 5, 1), (1.1, 9, 1), (1.1, 15, 0), (0.9, 0, 0), (1.0, 0, 0), (1.05, 4, 1), (1.05, 0, 1)],
)
def test_a_regression_above_the_limit_has_status_1(tmp_path, ratio, percent, status):
    base = document([two_layers()])
    arms = [
        write_arm(tmp_path / arm, base, 9, seed=10 + i, sd=0.002, slower=network_slower(ratio**i))
        for i, arm in enumerate("ab")
    ]
    done = run("--fail-on-regression", percent, *arms)
    assert done.returncode == status, done.stderr
    said = f"compare.py: slower by more than {percent} %: filters/forward/onednn network ({ratio:.2f}"
    assert done.stderr.startswith(said) if status else done.stderr == ""


def test_a_regression_that_cannot_be_told_has_status_2(tmp_path):
    base = document([two_layers()])
    few = [write_arm(tmp_path / arm, base, 3, i, slower=network_slower(1 + i)) for i, arm in enumerate("ab")]
    done = run("--fail-on-regression", 5, *few)
    assert (done.returncode, "it needs 5 launches an arm" in done.stderr) == (2, True)
    base = document([two_layers(batch=2)])
    many = [write_arm(tmp_path / "c", base, 9, 3), write_arm(tmp_path / "d", document([two_layers()]), 9, 4)]
    done = run("--fail-on-regression", 5, *many)
    assert (done.returncode, "the arms are not comparable" in done.stderr) == (2, True)


def test_the_same_results_give_the_same_report(arms):
    assert compared(*arms) == compared(*arms)


def test_arms_that_ran_one_after_the_other_are_remarked_on(tmp_path):
    base = document([two_layers()])
    first, later, meanwhile = (
        write_arm(tmp_path / str(minute), base, 3, seed=minute, first_minute=minute) for minute in (0, 10, 1)
    )
    assert "drift" in compared(first, later)
    assert "drift" not in compared(first, meanwhile)


BAD = [
    ([], "two arms or more"),
    (["one"], "two arms or more"),
    (["one", "two", "--arm", "x", "three"], "belongs to no --arm"),
    (["--arm", "x", "one", "--arm", "x", "two"], "same name"),
    (["--arm", "x", "--arm", "y", "two"], "--arm needs a name and at least one result"),
    (["--fail-on-regression", "-1", "one", "two"], "invalid percentage value: '-1'"),
    (["--fail-on-regression", "nan", "one", "two"], "invalid percentage value: 'nan'"),
    (["--format", "xml", "one", "two"], "invalid choice: 'xml'"),
]


@pytest.mark.parametrize("arguments, words", BAD)
def test_bad_arguments_are_refused(arguments, words):
    refused(arguments, words)


def test_results_that_cannot_be_used_are_refused_in_one_line(tmp_path):
    good = write_launch(tmp_path / "good", document([two_layers()]))
    empty, bad = tmp_path / "empty", tmp_path / "bad"
    empty.mkdir()
    bad.mkdir()
    (bad / "result.json").write_text('{"cnnbench": {"schema": 99}}')
    invalid = write_launch(tmp_path / "invalid", document([two_layers()]), status="invalid")
    elsewhere = write_launch(tmp_path / "elsewhere", document([lenet()]))
    for arguments, words in (
        ([good, tmp_path / "nowhere"], "nowhere: no such file or folder"),
        ([good, empty], "empty: neither it nor a folder in it has a result.json"),
        ([good, bad], "schema is 99"),
        ([good, invalid], "failed its verification"),
        ([good, elsewhere], "A and B have nothing in common"),
        ([good, good], "given twice, in A and in B"),
        (["--arm", "x", good, good / "result.json", "--arm", "y", elsewhere], "given twice, in x and in x"),
        (["--view", "prefix", good, elsewhere], "nothing of the view prefix in common"),
    ):
        assert refused(arguments, words).stderr.count("\n") == 1


def test_a_missing_scipy_is_said_in_one_line(tmp_path):
    (tmp_path / "scipy.py").write_text("raise ImportError")
    done = run("a", "b", env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr == "compare.py: numpy or scipy is missing: `apt install python3-numpy python3-scipy`\n"


def test_the_script_can_be_run_as_it_is():
    assert COMPARE.read_text().splitlines()[0] == "#!/usr/bin/python3"
    assert os.access(COMPARE, os.X_OK)
