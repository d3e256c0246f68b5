"""Makes result.json documents of invented times for the tests of the plots."""

import json
import math
import random
import statistics


class Network:
    """A network described layer by layer; shapes are inferred; padding keeps the size unless it is given."""

    def __init__(self, name, channels, size, batch):
        self.name, self.shape, self.batch, self.layers = name, (channels, size, size), batch, []

    def _add(self, name, kind, output, weights=0, biases=0, flops=0):
        sizes = math.prod(self.shape) + math.prod(output) + weights + biases
        self.layers.append(
            {
                "layer": name,
                "kind": kind,
                "output": "x".join(map(str, output if len(output) == 3 else output[:1])),
                "weights": weights,
                "biases": biases,
                "flops": flops,
                "bytes": 4 * sizes,
            }
        )
        self.shape = output
        return self

    def conv(self, name, filters, kernel, size=None):
        channels, height, _ = self.shape
        size = size or height
        weights = filters * channels * kernel * kernel
        return self._add(name, "conv", (filters, size, size), weights, filters, 2 * weights * size * size)

    def pool(self, name, size=None):
        channels, height, _ = self.shape
        size = size or height // 2
        return self._add(name, "max_pool", (channels, size, size))

    def dense(self, name, units):
        weights = math.prod(self.shape) * units
        return self._add(name, "dense", (units,), weights, units, 2 * weights)

    def plain(self, name, kind):
        return self._add(name, kind, self.shape)

    def parameters(self):
        return sum(layer["weights"] + layer["biases"] for layer in self.layers)


def vgg16(batch=4):
    network = Network("vgg16", 3, 224, batch)
    for block, (filters, count) in enumerate([(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)], 1):
        for i in range(1, count + 1):
            network.conv(f"conv{block}_{i}", filters, 3)
        network.pool(f"pool{block}")
    network.dense("fc6", 4096).plain("fc6_drop", "dropout").dense("fc7", 4096).plain("fc7_drop", "dropout")
    return network.dense("fc8", 1000).plain("softmax", "softmax")


def overfeat(batch=5):
    network = Network("overfeat", 3, 231, batch).plain("standardize", "standardize")
    network.conv("conv1", 96, 11, 56).pool("pool1").conv("conv2", 256, 5, 24).pool("pool2").conv(
        "conv3", 512, 3
    )
    network.conv("conv4", 1024, 3).conv("conv5", 1024, 3).pool("pool5").conv("conv6", 3072, 6, 1)
    return network.conv("conv7", 4096, 1, 1).conv("conv8", 1000, 1, 1)


def lenet(batch=500):
    network = (
        Network("lenet", 1, 28, batch).conv("conv1", 20, 5, 24).pool("pool1").plain("tanh1", "activation")
    )
    network.conv("conv2", 50, 5, 8).pool("pool2").plain("tanh2", "activation")
    return network.dense("hidden", 500).dense("output", 10).plain("softmax", "softmax")


def two_layers(batch=1):
    return Network("filters", 3, 32, batch).conv("conv1", 2, 9, 24).plain("sigmoid", "activation")


def mlp_and_cnns(batch=128):
    mlp = Network("mlp_mnist", 1, 28, batch).dense("dense1", 512).dense("dense2", 512).dense("dense3", 10)
    cnns = []
    for name, first, second in (("cnn_mnist", 32, 64), ("cnn_mnist_small", 4, 4)):
        cnn = (
            Network(name, 1, 28, batch)
            .conv("conv1", first, 3, 26)
            .conv("conv2", second, 3, 24)
            .pool("pool1")
            .dense("dense", 10)
        )
        cnns.append(cnn)
    return [mlp, *cnns]


def summary(samples):
    ordered = sorted(samples)
    n = len(ordered)
    quantile = lambda q: ordered[min(n - 1, int(q * n))]  # noqa: E731
    return {
        "n": n,
        "mean": statistics.fmean(ordered),
        "sd": statistics.stdev(ordered) if n > 1 else None,
        "median": statistics.median(ordered),
        "median_interval": [ordered[0], ordered[-1]] if n > 5 else None,
        "min": ordered[0],
        "max": ordered[-1],
        "lower_quartile": quantile(0.25),
        "upper_quartile": quantile(0.75),
        "p95": quantile(0.95),
        "p99": quantile(0.99),
        "mad": 0.0,
        "outliers": 0,
        "total": math.fsum(ordered),
    }


class Synthetic:
    """Builds one result; every time comes from a seed and from what a layer computes and moves."""

    def __init__(
        self,
        networks,
        passes=("forward",),
        views=("network", "layers"),
        steps=10,
        ranks=1,
        threads=2,
        speed=1.0,
        backend="onednn",
        reorders=(),
        comparison=None,
        samples_per_epoch=None,
        compared=None,
        overhead=2e-6,
    ):
        self.random = random.Random(7)
        self.steps, self.ranks, self.threads, self.speed, self.backend, self.overhead = (
            steps,
            ranks,
            threads,
            speed,
            backend,
            overhead,
        )
        records = []
        for network in networks:
            for pass_name in passes:
                records += self._layers(network, pass_name, reorders) if "layers" in views else []
                records += self._isolated(network, pass_name) if "isolated" in views else []
                records += self._prefix(network, pass_name) if "prefix" in views else []
                records += [self._network(network, pass_name)] if "network" in views else []
        models = [
            {"name": n.name, "batch": n.batch, "parameters": n.parameters(), "layers": n.layers}
            for n in networks
        ]
        self.document = {
            "context": {"json_schema_version": 1},
            "benchmarks": [],
            "cnnbench": {
                "schema": 1,
                "status": "complete",
                "command": ["bench"],
                "comparisons": [
                    {
                        "name": comparison,
                        "samples_per_epoch": samples_per_epoch,
                        "models": compared or [n.name for n in networks],
                    }
                ]
                if comparison
                else [],
                "environment": [{"host": "node1", "cpu_model": "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz"}]
                * ranks,
                "backends": {backend: {"version": "3.5.3"}},
                "models": models,
                "records": records,
                "failures": [],
            },
        }

    def record(self, network, pass_name, view, layer, direction, seconds, flops, bytes_):
        samples = [seconds * self.random.uniform(0.93, 1.07) for _ in range(self.steps)]
        kind = layer["kind"] if layer and direction != "step" else ""
        return {
            "model": network.name,
            "pass": pass_name,
            "backend": self.backend,
            "view": view,
            "layer": layer["layer"] if layer else "",
            "kind": kind,
            "output": layer["output"] if layer else "",
            "direction": direction,
            "implementation": "jit:avx2",
            "batch": network.batch,
            "ranks": self.ranks,
            "threads": self.threads,
            "flops": flops,
            "bytes": bytes_,
            "summary": summary(samples),
            "samples": samples,
            "per_rank": [],
            "imbalance": None,
            "stop_reason": "steps",
            "flags": [],
        }

    def _directions(self, network, pass_name):
        """(layer, direction, flops, bytes, seconds) of every operation."""
        noise = random.Random(network.name)
        for i, layer in enumerate(network.layers):
            directions = ["forward"]
            if pass_name != "forward":
                directions += (["backward_data"] if i else []) + (
                    ["backward_weights"] if layer["weights"] else []
                )
            for direction in directions:
                flops, bytes_ = layer["flops"] * network.batch, layer["bytes"] * network.batch
                rate = (
                    6e10
                    * noise.uniform(0.3, 1.0)
                    * (0.25 if network.shape[0] < 100 and layer["kind"] == "conv" else 1)
                )
                yield layer, direction, flops, bytes_, (
                    flops / rate + bytes_ / 8e9 + self.overhead
                ) / self.speed

    def _layers(self, network, pass_name, reorders, view="layers"):
        records = [
            self.record(network, pass_name, view, layer, direction, seconds, flops, bytes_)
            for layer, direction, flops, bytes_, seconds in self._directions(network, pass_name)
        ]
        for layer in network.layers:
            if layer["layer"] in reorders and view == "layers":
                records.append(
                    self.record(
                        network,
                        pass_name,
                        view,
                        layer,
                        "reorder",
                        layer["bytes"] * network.batch / 4e9 / self.speed,
                        0,
                        0,
                    )
                )
        return records

    def _isolated(self, network, pass_name):
        return self._layers(network, pass_name, (), "isolated")

    def _prefix(self, network, pass_name):
        records, total, flops, bytes_ = [], 0.0, 0, 0
        for layer in network.layers:
            mine = [d for d in self._directions(network, pass_name) if d[0] is layer]
            total, flops, bytes_ = (
                total + sum(d[4] for d in mine),
                flops + sum(d[2] for d in mine),
                bytes_ + sum(d[3] for d in mine),
            )
            records.append(
                self.record(network, pass_name, "prefix", layer, "step", total * 1.02, flops, bytes_)
            )
        return records

    def _network(self, network, pass_name):
        parts = list(self._directions(network, pass_name))
        return self.record(
            network,
            pass_name,
            "network",
            None,
            "step",
            1.01 * sum(d[4] for d in parts),
            sum(d[2] for d in parts),
            sum(d[3] for d in parts),
        )

    @property
    def records(self):
        return self.document["cnnbench"]["records"]

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result.json").write_text(json.dumps(self.document))
        return folder
