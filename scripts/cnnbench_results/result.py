"""Reads a result.json into plain data. What is malformed is refused in one line that says where and why."""

import gzip
import json
import math
import statistics
import zlib
from dataclasses import dataclass
from pathlib import Path

SCHEMA = 1
FILES = ("result.json", "result.json.gz")  # of a run's folder, the first that is there
TEXTS = ("model", "pass", "backend", "view", "layer", "kind", "direction")
COUNTS = ("batch", "ranks", "threads", "flops", "bytes")


class ResultError(Exception):
    """An input that cannot be used; its text is one line for the user."""


@dataclass(frozen=True)
class Record:
    """One measured quantity. Times in seconds; FLOPs and bytes of one step of one rank."""

    model: str
    pass_name: str
    backend: str
    view: str
    layer: str
    kind: str
    direction: str
    batch: int
    ranks: int
    threads: int
    flops: int
    bytes: int
    n: int
    mean: float
    median: float
    sd: float | None  # undefined for fewer than two steps
    samples: tuple[float, ...]  # the maximum over the ranks, step by step
    direct_equivalent: bool = False  # fewer multiplications than `flops` says
    gap: str = "none"  # between timed steps: none, idle, cold


@dataclass(frozen=True)
class BackendTime:
    """What one backend took for one row of the comparison of backends; None where nothing was measured."""

    model: str
    pass_name: str
    scope: str  # layer, sum, network, bound
    layer: str
    direction: str  # "all", or one direction apart
    backend: str  # empty for the bound
    relative_to: str  # the backend that ratios are to
    median: float | None
    low: float | None  # of the median, 95 %
    high: float | None
    ratio: float | None  # of times
    ratio_low: float | None
    ratio_high: float | None
    fastest: bool
    reason: str
    gflops: float | None = None  # GFLOP/s of one rank; None without FLOPs


@dataclass(frozen=True)
class Comparison:
    """Networks of a run that are set side by side; others of the run are not part of it."""

    name: str
    samples_per_epoch: int | None
    models: list[str]


@dataclass(frozen=True)
class Result:
    """What the scripts need of one run."""

    path: Path
    status: str
    comparisons: list[Comparison]
    layers: dict[str, list[str]]  # model: its layers in network order
    parameters: dict[str, int]
    cpus: tuple[str, ...]  # each CPU model once
    versions: dict[str, str]  # of the backends
    records: list[Record]
    backend_times: list[BackendTime]  # empty for a run of one backend
    fma_peak: float | None  # FLOP/s of one rank's threads; None where it was not measured
    document: dict  # `cnnbench` as the file has it, unchecked: facts that are only shown or set side by side

    def select(self, view, model, pass_name, backend):
        """The records of one network in one view."""
        key = (view, model, pass_name, backend)
        return [r for r in self.records if (r.view, r.model, r.pass_name, r.backend) == key]

    def runs(self, view):
        """Every (model, pass, backend) that has records in this view, in the order of the file."""
        return list(dict.fromkeys((r.model, r.pass_name, r.backend) for r in self.records if r.view == view))

    def order(self, records):
        """The layers of these records of one model, in network order; others, such as the loss, come last."""
        present = list(dict.fromkeys(r.layer for r in records))
        known = self.layers.get(records[0].model, []) if records else []
        return [name for name in known if name in present] + [name for name in present if name not in known]


def sd_of_sums(records):
    """Sample sd of the sum of several records measured in the same steps, from the sum in each step, so that
    parts that vary together are not taken to be independent. None where undefined or without samples.
    """
    if not records:
        return None
    if len(records) == 1:
        return records[0].sd
    steps = {len(r.samples) for r in records}
    if len(steps) != 1 or min(steps) < 2:
        return None
    return statistics.stdev(math.fsum(step) for step in zip(*(r.samples for r in records)))


def read_result(argument):
    """Reads a run folder or its result.json, which gzip may have compressed. Raises ResultError."""
    path = Path(argument)
    if path.is_dir():
        path = next((path / name for name in FILES if (path / name).exists()), path / FILES[0])
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        document = json.loads(content.decode("utf-8"))
    except FileNotFoundError:
        raise ResultError(f"{path}: no such file") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ResultError(f"{path}: not a whole file of gzip: {error}") from None
    except OSError as error:
        raise ResultError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ResultError(f"{path}: not JSON: it is not UTF-8 text") from None
    except RecursionError:
        raise ResultError(f"{path}: not JSON that cnnbench writes: nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ResultError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except ValueError as error:  # a number with thousands of digits
        raise ResultError(f"{path}: not JSON: {error}") from None
    try:
        return _result(path, document)
    except _Malformed as error:
        raise ResultError(f"{path}: not a result of cnnbench: {error}") from None


class _Malformed(Exception):
    pass


def _get(mapping, key, kind, where, optional=False):
    value = mapping.get(key)
    if value is None and optional:
        return None
    if not isinstance(value, kind) or isinstance(value, bool):
        found = "is missing" if key not in mapping else f"has the wrong type ({type(value).__name__})"
        raise _Malformed(f"{where}.{key} {found}")
    return value


def _number(mapping, key, where, optional=False):
    value = _get(mapping, key, (int, float), where, optional)
    if value is not None and not 0 <= value <= 1e300:  # false for NaN too
        raise _Malformed(f"{where}.{key} is not a finite number of at least 0")
    return value


def _objects(mapping, key, where, optional=False):
    for index, item in enumerate(_get(mapping, key, list, where, optional) or []):
        if not isinstance(item, dict):
            raise _Malformed(f"{where}.{key}[{index}] is not an object")
        yield item, f"{where}.{key}[{index}]"


def _record(item, where):
    texts = [_get(item, key, str, where, optional=key in ("layer", "kind")) or "" for key in TEXTS]
    counts = [_get(item, key, int, where) for key in COUNTS]
    for key in COUNTS:
        _number(item, key, where)
    for key in ("batch", "ranks", "threads"):
        if item[key] < 1:
            raise _Malformed(f"{where}.{key} is less than 1")
    summary = _get(item, "summary", dict, where)
    n = _get(summary, "n", int, f"{where}.summary")
    mean = _number(summary, "mean", f"{where}.summary")
    median = _number(summary, "median", f"{where}.summary")
    sd = _number(summary, "sd", f"{where}.summary", optional=True)
    samples = _get(item, "samples", list, where, optional=True) or []
    if not all(isinstance(s, (int, float)) and math.isfinite(s) for s in samples):
        raise _Malformed(f"{where}.samples holds something that is not a finite number")
    direct_equivalent = item.get("direct_equivalent", False)  # older results have none
    if not isinstance(direct_equivalent, bool):
        raise _Malformed(f"{where}.direct_equivalent is neither true nor false")
    gap = _get(item, "gap", str, where, optional=True) or "none"  # older results have none
    return Record(*texts, *counts, n, mean, median, sd, tuple(samples), direct_equivalent, gap)


def _backend_time(item, where):
    texts = [
        _get(item, key, str, where)
        for key in ("model", "pass", "scope", "layer", "direction", "backend", "relative_to")
    ]
    keys = ("median_seconds", "median_low_seconds", "median_high_seconds", "ratio", "ratio_low", "ratio_high")
    numbers = [_number(item, key, where, optional=True) for key in keys]
    fastest = _get(item, "fastest", int, where) == 1
    reason = _get(item, "reason", str, where, optional=True) or ""
    gflops = _number(item, "gflops_per_second", where, optional=True)
    return BackendTime(*texts, *numbers, fastest, reason, gflops)


def _fma_peak(top):
    machine = _get(top, "machine", dict, "cnnbench", optional=True) or {}
    ceilings = _get(machine, "ceilings", dict, "cnnbench.machine", optional=True) or {}
    return _number(ceilings, "fma_flops_per_second", "cnnbench.machine.ceilings", optional=True) or None


def _comparisons(top, models):
    """Those of the run; files of older versions have at most one, over all `models` of the run."""
    if "comparisons" not in top:
        name = _get(top, "comparison", str, "cnnbench", optional=True)
        epoch = _get(top, "samples_per_epoch", int, "cnnbench", optional=True) or None
        return [Comparison(name, epoch, models)] if name else []
    return [
        Comparison(
            _get(item, "name", str, where),
            _get(item, "samples_per_epoch", int, where, optional=True) or None,
            [name for name in _get(item, "models", list, where) if name in models],
        )
        for item, where in _objects(top, "comparisons", "cnnbench")
    ]


def _result(path, document):
    if not isinstance(document, dict) or not isinstance(document.get("cnnbench"), dict):
        raise _Malformed("it has no object `cnnbench`")
    top = document["cnnbench"]
    if top.get("schema") != SCHEMA:
        raise _Malformed(f"cnnbench.schema is {json.dumps(top.get('schema'))}, this program reads {SCHEMA}")
    records = [_record(item, where) for item, where in _objects(top, "records", "cnnbench")]
    if not records:
        raise ResultError(f"{path}: cnnbench.records is empty: nothing was measured")
    seen = set()
    for r in records:
        key = (r.model, r.pass_name, r.backend, r.view, r.layer, r.direction)
        if key in seen:
            raise _Malformed("two records of the same quantity: " + "/".join(part for part in key if part))
        seen.add(key)
    layers, parameters = {}, {}
    for model, where in _objects(top, "models", "cnnbench"):
        name = _get(model, "name", str, where)
        layers[name] = [_get(layer, "layer", str, at) for layer, at in _objects(model, "layers", where)]
        parameters[name] = _get(model, "parameters", int, where)
    cpus = [
        item.get("cpu_model") or "unknown CPU"
        for item, _ in _objects(top, "environment", "cnnbench", optional=True)
    ]
    backends = _get(top, "backends", dict, "cnnbench", optional=True) or {}
    return Result(
        path=path,
        status=_get(top, "status", str, "cnnbench"),
        comparisons=_comparisons(top, list(parameters)),
        layers=layers,
        parameters=parameters,
        cpus=tuple(dict.fromkeys(cpus)) or ("unknown CPU",),
        versions={
            name: str(facts["version"])
            for name, facts in backends.items()
            if isinstance(facts, dict) and facts.get("version")
        },
        records=records,
        backend_times=[
            _backend_time(item, where)
            for item, where in _objects(top, "backend_comparison", "cnnbench", optional=True)
        ],
        fma_peak=_fma_peak(top),
        document=top,
    )
