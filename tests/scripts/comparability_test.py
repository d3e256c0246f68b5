"""What makes arms not comparable is said, and what else differs is named."""

import pytest
from cnnbench_compare import comparability
from cnnbench_compare.arms import pair_up, read_arm
from launches import document, write_launch
from synthetic_result import Network, lenet


def found(folder, first, other, function=comparability.warnings):
    made = {"before": first, "after": other}
    arms = [read_arm(name, [write_launch(folder / name, base)]) for name, base in made.items()]
    if function is comparability.differences:
        return function(*arms)
    keys = [pair.key for table in pair_up(*arms)[0] for pair in table]
    return function(*arms, keys)


def with_environment(**facts):
    made = document()
    made.document["cnnbench"]["environment"] = [{"host": "node1", "cpu_model": "Xeon", **facts}]
    return made


def with_gap(gap):
    made = document()
    for record in made.document["cnnbench"]["records"]:
        record["gap"] = gap
    return made


def with_layer(**facts):
    made = document()
    made.document["cnnbench"]["models"][0]["layers"][3].update(facts)
    return made


def partial():
    made = document()
    made.document["cnnbench"]["status"] = "partial"
    return made


def without_softmax():
    made = document()
    made.document["cnnbench"]["models"][0]["layers"].pop()
    return made


@pytest.mark.parametrize(
    "other, line",
    [
        (lambda: document([lenet(batch=50)]), "batch differs: before 500; after 50 (lenet/forward/onednn)"),
        (lambda: document(ranks=2), "ranks differs: before 1; after 2 (lenet/forward/onednn)"),
        (lambda: document(threads=7), "threads differs: before 2; after 7 (lenet/forward/onednn)"),
        (lambda: with_gap("cold"), "gap differs: before none; after cold (lenet/forward/onednn)"),
        (lambda: with_environment(cpu_model="EPYC"), "CPU differs: before Intel(R) Xeon(R) Gold"),
        (lambda: with_layer(weights=7), "definition of lenet differs: weights 25000 and 7, in layer conv2"),
        (lambda: with_layer(layer="c"), "the definition of lenet differs: layer conv2 and c, in layer conv2"),
        (without_softmax, "the definition of lenet differs: 9 and 8 layers"),
        (partial, "is partial: not all was measured"),
    ],
)
def test_what_forbids_to_compare_is_a_warning(tmp_path, other, line):
    (warning,) = found(tmp_path, document(), other())
    assert line in warning


def test_a_difference_between_the_launches_of_one_arm_is_a_warning_too(tmp_path):
    mixed = read_arm(
        "mixed",
        [write_launch(tmp_path / str(threads), document(threads=threads)) for threads in (2, 4)],
    )
    other = read_arm("other", [write_launch(tmp_path / "other", document(threads=2))])
    keys = [pair.key for table in pair_up(mixed, other)[0] for pair in table]
    (line,) = comparability.warnings(mixed, other, keys)
    assert "threads differs: mixed 2 and 4; other 2" in line


def test_runs_that_differ_alike_are_one_warning(tmp_path):
    networks = lambda batch: [Network(name, 1, 8, batch).conv("c", 2, 3) for name in "vwxyz"]  # noqa: E731
    (line,) = found(tmp_path, document(networks(1)), document(networks(2)))
    assert line.endswith("(v/forward/onednn, w/forward/onednn, x/forward/onednn and 2 more)")


def test_equal_results_have_neither_warnings_nor_differences(tmp_path):
    assert found(tmp_path, document(), document()) == []
    assert found(tmp_path / "2", document(), document(), comparability.differences) == []


def with_settings(**facts):
    made = document()
    made.document["cnnbench"]["settings"] = [{"model": "lenet", "steps": 5, **facts}]
    return made


def with_version(version):
    made = document()
    made.document["cnnbench"]["backends"]["onednn"]["version"] = version
    return made


@pytest.mark.parametrize(
    "first, other, line",
    [
        (
            lambda: with_environment(build={"compiler": "GNU 12"}),
            lambda: with_environment(build={"compiler": "GNU 14"}),
            "compiler: before GNU 12; after GNU 14",
        ),
        (lambda: with_version("2.6"), lambda: with_version("3.5"), "onednn version: before 2.6; after 3.5"),
        (lambda: with_settings(), lambda: with_settings(steps=9), "steps: before 5; after 9"),
        (lambda: with_settings(seed=2), lambda: with_settings(), "seed: before 2; after unknown"),
    ],
)
def test_what_else_differs_is_named(tmp_path, first, other, line):
    assert found(tmp_path, first(), other(), comparability.differences) == [line]


@pytest.mark.parametrize("strange", [None, 7, "text", [], [7], {}])
def test_facts_of_another_form_do_no_harm(tmp_path, strange):
    made = document()
    made.document["cnnbench"].update(settings=strange, backends=None, start_time=strange)
    made.document["cnnbench"]["environment"] = [{"build": strange}]
    assert found(tmp_path, made, made) == []
    assert found(tmp_path / "2", made, made, comparability.differences) == []
    arm = read_arm("a", [tmp_path / "before", tmp_path / "after"])
    assert comparability.one_after_the_other(arm, arm) is False
