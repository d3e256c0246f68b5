"""Makes results of one run on several backends, of invented times, for the tests of the plots."""

import math
import random
import statistics

from synthetic_result import Synthetic

TEN = {
    "onednn": 1.0,
    "onednn:isa=avx2": 0.7,
    "onednn:layout=nchw": 0.42,
    "onednn:fusion=off": 0.93,
    "onednn:impl=best": 1.05,
    "gemm:openblas": 0.55,
    "gemm:blis": 0.5,
    "gemm:eigen": 0.31,
    "xnnpack": 0.88,
    "torch": 0.8,
}
THREE = {"onednn": 1.0, "gemm:openblas": 0.5, "onednn:layout=nchw": 0.25}


def _interval(samples):
    ordered = sorted(samples)
    return ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]


def _row(
    model, pass_name, scope, layer, direction, backend, samples, base, relative_to, reason="", flops=0
):
    low, high = _interval(samples) if samples else (None, None)
    median = statistics.median(samples) if samples else None
    ratio = median / statistics.median(base) if samples and base else None
    return {
        "model": model,
        "pass": pass_name,
        "scope": scope,
        "layer": layer,
        "direction": direction,
        "backend": backend,
        "median_seconds": median,
        "median_low_seconds": low,
        "median_high_seconds": high,
        "relative_to": relative_to,
        "ratio": ratio,
        "ratio_low": ratio and ratio * 0.98,
        "ratio_high": ratio and ratio * 1.02,
        "fastest": 0,
        "gflops_per_second": flops / median / 1e9 if flops and median else None,
        "implementation": "",
        "reason": reason,
    }


def several_backends(network, backends=None, pass_name="forward", failed=(), **more):
    """A Synthetic of one network on several backends, {name: speed}; those in `failed` are {name: reason}."""
    speeds = dict(backends or TEN)
    failed = dict(failed)
    whole, records = None, {}
    for backend, speed in speeds.items():
        made = Synthetic([network], passes=[pass_name], speed=speed, backend=backend, **more)
        taste = random.Random(backend)  # some layers suit a backend more than others
        factors = {layer["layer"]: math.exp(taste.gauss(0, 0.35)) for layer in network.layers}
        for record in made.records:
            factor = factors.get(record["layer"], 1)
            record["samples"] = [s * factor for s in record["samples"]]
            for key in ("mean", "median", "sd"):
                record["summary"][key] = record["summary"][key] and record["summary"][key] * factor
        whole = whole or made
        if backend not in failed:
            records[backend] = made.records
        whole.document["cnnbench"]["backends"][backend] = {"version": "1.2.3"}
    top = whole.document["cnnbench"]
    top["records"] = [record for found in records.values() for record in found]
    reference = next(iter(records))

    def samples_of(backend, choose):
        chosen = [r["samples"] for r in records.get(backend, []) if choose(r)]
        return [math.fsum(step) for step in zip(*chosen)]

    rows = []

    def add(scope, layer, choose):
        base = samples_of(reference, choose)
        mine = [
            _row(
                network.name,
                pass_name,
                scope,
                layer,
                "all",
                backend,
                samples_of(backend, choose),
                base,
                reference,
                failed.get(backend, ""),
                sum(r["flops"] for r in records[reference] if choose(r)),
            )
            for backend in speeds
        ]
        known = [row for row in mine if row["median_seconds"]]
        min(known, key=lambda row: row["median_seconds"])["fastest"] = 1
        rows.extend(mine)
        return min(row["median_seconds"] for row in known)

    bound = 0.0
    for layer in network.layers:
        name = layer["layer"]
        bound += add("layer", name, lambda r, name=name: r["view"] == "layers" and r["layer"] == name)
    add("sum", "sum of layers", lambda r: r["view"] == "layers")
    add("network", "network", lambda r: r["view"] == "network")
    scope = "bound", "fastest per layer", "all", ""
    rows.append(_row(network.name, pass_name, *scope, [bound], [], reference))
    top["backend_comparison"] = rows
    return whole


def rows_of(synthetic, scope, layer=None):
    return [
        r
        for r in synthetic.document["cnnbench"]["backend_comparison"]
        if r["scope"] == scope and layer in (None, r["layer"])
    ]


def mark_direct_equivalent(made, layers, backend, peak=9e10):
    """Makes these layers of a backend direct-equivalent, and sets the FMA peak."""
    top = made.document["cnnbench"]
    for record in top["records"]:
        fewer = record["backend"] == backend and record["layer"] in layers
        record["direct_equivalent"] = fewer
    top["machine"] = {
        "ceilings": peak and {"fma_flops_per_second": peak, "instruction_set": "AVX2+FMA", "threads": 2}
    }
    return made
