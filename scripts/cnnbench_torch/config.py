"""Reads a network's config. Independent of bench's own reader on purpose: it knows the format only."""

from dataclasses import dataclass
from pathlib import Path

import yaml

REQUIRED = object()
FOLDER = Path(__file__).resolve().parents[2] / "configs"  # in the sources and where it is installed alike


class InputError(Exception):
    """An input that cannot be used; its text is one line for the user."""


@dataclass(frozen=True)
class Layer:
    """One layer with all its keys: those of the config, and the defaults of the others."""

    name: str
    kind: str
    keys: dict

    @property
    def activation(self):
        """The activation fused into it, "none" where there is none."""
        return self.keys.get("activation", "none")


@dataclass(frozen=True)
class Network:
    file: Path
    name: str
    input: tuple  # channels, height, width
    loss: str | None  # None: what suits the last layer
    layers: list

    @property
    def loss_layer(self):
        """Index of the layer whose output the loss is taken of: the one before a closing softmax, else the
        last. -1, the input, where a softmax is all there is."""
        return len(self.layers) - (2 if self.layers[-1].kind == "softmax" else 1)


def integer(text):
    return int(text, 10)


def boolean(text):
    return {"true": True, "false": False}[text]


def pair(value):
    """(height, width) of a number or [height, width]."""
    height, width = value if isinstance(value, list) else (value, value)
    return int(height, 10), int(width, 10)


def padding(value):
    return value if value in ("valid", "same", "full") else pair(value)


def one_of(*words):
    return lambda text: dict(zip(words, words))[text]


FUNCTIONS = ("relu", "tanh", "sigmoid")
FUSED = (one_of("none", *FUNCTIONS), "none")
BIAS_INIT = (float, None)  # the biases themselves are dumped
POOL = {
    "kernel": (pair, REQUIRED),
    "stride": (pair, None),
    "padding": (pair, (0, 0)),
    "border": (one_of("drop", "keep"), "drop"),
}
# kind: {key: (how it is read, default)}
KINDS = {
    "standardize": {"mean": (float, REQUIRED), "sd": (float, REQUIRED)},
    "conv": {
        "filters": (integer, REQUIRED),
        "kernel": (pair, REQUIRED),
        "stride": (pair, (1, 1)),
        "padding": (padding, "valid"),
        "crop": (integer, 0),
        "groups": (integer, 1),
        "bias": (boolean, True),
        "bias_init": BIAS_INIT,
        "activation": FUSED,
    },
    "max_pool": POOL,
    "avg_pool": POOL,
    "dense": {
        "units": (integer, REQUIRED),
        "bias": (boolean, True),
        "bias_init": BIAS_INIT,
        "activation": FUSED,
    },
    "activation": {"function": (one_of(*FUNCTIONS), REQUIRED)},
    "dropout": {"keep": (float, REQUIRED)},
    "flatten": {},
    "softmax": {},
    "lrn": {},
    "batch_norm": {},
}


def read_layer(entry):
    """(kind, name or None, keys) of an entry of `layers`. Raises ValueError with what is wrong."""
    kind, given = next(iter(entry.items())) if isinstance(entry, dict) and len(entry) == 1 else (entry, "")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"unknown kind of layer {kind!r}")
    if given and not isinstance(given, dict):
        raise ValueError(f"{kind} without a map of its keys")
    given = dict(given or {})
    name = given.pop("name", None)
    keys = {}
    for key, (read, default) in KINDS[kind].items():
        if key not in given and default is REQUIRED:
            raise ValueError(f"{kind} without '{key}'")
        try:
            keys[key] = read(given.pop(key)) if key in given else default
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{kind} with an unusable '{key}'") from None
    if given:
        raise ValueError(f"unknown key '{next(iter(given))}' in {kind}")
    if "stride" in keys:
        keys["stride"] = keys["stride"] or keys["kernel"]
    return kind, name, keys


def read_layers(entries):
    """The layers, those without a name named after their kind and number."""
    if not entries:
        raise ValueError("no layers")
    read = [read_layer(entry) for entry in entries]
    taken = {name for _, name, _ in read}
    counts = dict.fromkeys(KINDS, 0)
    layers = []
    for kind, name, keys in read:
        counts[kind] += 1
        while name is None and f"{kind}{counts[kind]}" in taken:
            counts[kind] += 1
        layers.append(Layer(name or f"{kind}{counts[kind]}", kind, keys))
    return layers


def read_config(file):
    """The networks of a config: one, or several where it is a comparison. Raises InputError."""
    try:
        # Every scalar as text: what is a number is for us to say, not for YAML 1.1.
        root = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        if "models" in root:
            return [network for name in root["models"] for network in read_config(file.parent / name)]
        shape = tuple(integer(root["input"][key]) for key in ("channels", "height", "width"))
        loss = one_of("l2", "cross_entropy")(root["loss"]) if "loss" in root else None
        return [Network(file, root["model"], shape, loss, read_layers(root["layers"]))]
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    except KeyError as error:
        raise InputError(f"{file}: no network that bench would take: {error}") from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{file}: no network that bench would take: {error}") from None


def find_networks(names):
    """The networks of these configs, each a path or a name in FOLDER; of all in FOLDER where there are no
    names. Raises InputError."""
    if not names:
        files = sorted(FOLDER.glob("*.yaml"))
    else:
        files = [find_file(name) for name in names]
    networks = {network.file.resolve(): network for file in files for network in read_config(file)}
    if not networks:
        raise InputError(f"{FOLDER}: no configs here; name the network's with --config")
    return list(networks.values())


def find_file(name):
    places = [Path(name), FOLDER / name, FOLDER / f"{name}.yaml"]
    for place in places:
        if place.is_file():
            return place
    raise InputError(f"{name}: no such config, and no such name in {FOLDER}")
