"""The tensors of one step that bench --dump wrote: DIR/<backend>/<pass>/*.npy."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .config import InputError


@dataclass(frozen=True)
class Dump:
    """One (backend, pass). Tensors are read when asked for."""

    folder: Path
    backend: str
    pass_name: str

    @property
    def training(self):
        return self.pass_name != "forward"

    def names(self):
        return {path.name.removesuffix(".npy") for path in self.folder.iterdir()}

    def read(self, name, lazily=False):
        """The array `name`.npy. Raises InputError."""
        file = self.folder / f"{name}.npy"
        try:
            array = np.load(file, mmap_mode="r" if lazily else None, allow_pickle=False)
        except OSError as error:
            raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None
        except (ValueError, EOFError) as error:
            raise InputError(f"{file}: not a whole .npy file: {error}") from None
        wanted = np.int32 if name == "labels" else np.float32
        if not isinstance(array, np.ndarray) or array.dtype != wanted:
            found = getattr(array, "dtype", "an archive")
            raise InputError(f"{file}: expected {np.dtype(wanted)}, found {found}")
        return array

    def shape(self, name):
        """Its shape, without reading its values. Raises InputError."""
        return self.read(name, lazily=True).shape


def find_dumps(folder):
    """Every (backend, pass) in the folder that --dump was given. Raises InputError."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    found = sorted(path.parent for path in folder.glob("*/*/input.npy"))
    if not found:
        raise InputError(
            f"{folder}: no BACKEND/PASS/input.npy in it; expected the folder that bench --dump wrote"
        )
    return [Dump(path, path.parent.name, path.name) for path in found]


def tensors_of(network, index, dump):
    """The names of a layer's files in a dump, except the output's: {what: name}."""
    layer = network.layers[index]
    parts = []
    if layer.kind in ("conv", "dense", "batch_norm"):
        parts.append("weights")
        if layer.keys.get("bias", True):
            parts.append("bias")
        if dump.training and index <= network.loss_layer:
            parts += [f"{part}_gradient" for part in parts]
    if layer.kind == "dropout" and dump.training:
        parts.append("mask")
    return {part: f"{layer.name}.{part}" for part in parts}


def weights_shape(layer, channels, height, width):
    """The shape of a layer's weights, from that of its input."""
    if layer.kind == "conv":
        return layer.keys["filters"], channels // layer.keys["groups"], *layer.keys["kernel"]
    if layer.kind == "dense":
        return layer.keys["units"], channels * height * width
    return (channels,)


def why_not(network, dump):
    """Why the dump cannot be this network's, judged by names and by the shapes of what goes in, or None."""
    expected = {"input"} | ({"labels", "loss"} if dump.training else set())
    for index, layer in enumerate(network.layers):
        expected |= {f"{layer.name}.output", *tensors_of(network, index, dump).values()}
    names = dump.names()
    if expected - names:
        return f"{min(expected - names)}.npy is missing"
    if names - expected:
        return f"{min(names - expected)}.npy belongs to nothing in {network.name}"
    batch, *images = shape = dump.shape("input")
    if len(shape) != 4 or tuple(images) != network.input or batch < 1:
        return f"input.npy has the shape {shape}, expected (batch, {', '.join(map(str, network.input))})"
    if dump.training and dump.shape("labels") != (batch,):
        return f"labels.npy has the shape {dump.shape('labels')}, expected ({batch},)"
    before = "input"
    for index, layer in enumerate(network.layers):
        for part, name in tensors_of(network, index, dump).items():
            wanted = weights_shape(layer, *dump.shape(before)[1:])
            wanted = dump.shape(f"{layer.name}.output") if part == "mask" else wanted
            wanted = wanted[:1] if part.startswith("bias") else wanted
            if dump.shape(name) != wanted:
                return f"{name}.npy has the shape {dump.shape(name)}, expected {wanted}"
        before = f"{layer.name}.output"
        if len(dump.shape(before)) != 4 or math.prod(dump.shape(before)) < 1:
            return f"{before}.npy has the shape {dump.shape(before)}, expected four dimensions"
    return None


def choose(networks, dump):
    """The one network that the dump can be of. Raises InputError where it is none or several."""
    reasons = [why_not(network, dump) for network in networks]
    fitting = [network for network, reason in zip(networks, reasons) if reason is None]
    same = [n for n in fitting if (n.loss, n.layers) == (fitting[0].loss, fitting[0].layers)]
    if fitting and len(same) == len(fitting):  # one, or copies of it
        return fitting[0]
    if fitting:
        files = " and ".join(str(network.file) for network in fitting)
        raise InputError(f"{dump.folder}: fits {files}: say which it is with --config")
    if len(networks) == 1:
        raise InputError(f"{dump.folder}: does not fit {networks[0].file}: {reasons[0]}")
    raise InputError(f"{dump.folder}: fits none of {len(networks)} configs; name the network's with --config")
