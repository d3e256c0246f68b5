"""What two arms differ in: what forbids to compare them, and what the comparison may be about."""

import json

LAYER_KEYS = ("layer", "kind", "output", "receptive_field", "weights", "biases", "forward_flops_per_image")
ENVIRONMENT = (
    ("host", ("host",)),
    ("kernel", ("kernel",)),
    ("governor", ("governor",)),
    ("turbo", ("turbo",)),
    ("cores used", ("affinity_mask",)),
    ("CPU limit", ("cgroup_cpu_limit",)),
    ("environment variables", ("environment_variables",)),
    ("MPI library", ("mpi_library",)),
    ("compiler", ("build", "compiler")),
    ("compiler flags", ("build", "flags")),
    ("build type", ("build", "type")),
    ("commit", ("build", "git_commit")),
    ("clean tree", ("build", "git_clean")),
)
SETTINGS = ("burn_in", "steps", "precision", "max_seconds", "verify", "seed", "input")


def warnings(first, other, keys):
    """Lines on all that makes the ratios of these keys mean something else than they seem to. Empty if
    nothing does.
    """
    lines = []
    for arm in (first, other):
        for launch in arm.launches:
            if launch.status != "complete":
                lines.append(f"{launch.path} of {arm.name} is {launch.status}: not all was measured")
    runs = dict.fromkeys((key.model, key.pass_name, key.backend) for key in keys)
    for fact in ("batch", "ranks", "threads", "gap"):
        differing = {}  # values: runs
        for run in runs:
            values = [_records_fact(arm, run, fact) for arm in (first, other)]
            if _differ(values):
                differing.setdefault(_side_by_side(first, other, values), []).append("/".join(run))
        lines += [f"{fact} differs: {values} ({some(names)})" for values, names in differing.items()]
    cpus = [{" + ".join(launch.cpus) for launch in arm.launches} for arm in (first, other)]
    if _differ(cpus):
        lines.append(f"CPU differs: {_side_by_side(first, other, cpus)}")
    for model in dict.fromkeys(key.model for key in keys):
        place = _first_difference(model, [*first.launches, *other.launches])
        if place:
            lines.append(f"the definition of {model} differs: {place}")
    return lines


def differences(first, other):
    """Lines on what else differs: what the comparison is about, or what disturbs it."""
    facts = []
    for name, path in ENVIRONMENT:
        facts.append((name, lambda launch, path=path: {_text(_dig(r, *path)) for r in _ranks(launch)}))
    launches = [*first.launches, *other.launches]
    for backend in dict.fromkeys(name for x in launches for name in _object(x.document, "backends")):
        for fact in ("version", "effective_isa", "threading"):
            name = f"{backend} {fact.replace('_', ' ')}"
            facts.append((name, lambda x, b=backend, f=fact: {_text(_dig(x.document, "backends", b, f))}))
    for name in SETTINGS:
        facts.append((name, lambda launch, name=name: {_text(_dig(s, name)) for s in _settings(launch)}))
    lines = []
    for name, values_of in facts:
        values = [set().union(*map(values_of, arm.launches)) for arm in (first, other)]
        if _differ(values):
            lines.append(f"{name}: {_side_by_side(first, other, values)}")
    return lines


def one_after_the_other(first, other):
    """Whether all launches of one arm began before all of the other, so that a drift of the machine is in the
    ratios. False for arms of one launch, where it cannot be otherwise, and where it is not known.
    """
    times = [[launch.document.get("start_time") for launch in arm.launches] for arm in (first, other)]
    if min(map(len, times)) < 2 or not all(isinstance(t, str) and t for arm in times for t in arm):
        return False
    return max(times[0]) < min(times[1]) or max(times[1]) < min(times[0])


def _records_fact(arm, run, fact):
    records = [r for launch in arm.launches for r in launch.records]
    return {getattr(r, fact) for r in records if (r.model, r.pass_name, r.backend) == run}


def _differ(values):
    """Whether the launches of all arms do not have one and the same value."""
    return len(set().union(*values)) > 1


def _side_by_side(first, other, values):
    return "; ".join(
        f"{arm.name} {' and '.join(map(str, sorted(found))) or 'nothing'}"
        for arm, found in zip((first, other), values)
    )


def some(names, most=3):
    """The first of these names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _first_difference(model, launches):
    """Where the definitions of a network differ first; None where they are the same or not known."""
    definitions = []
    for launch in launches:
        for item in launch.document.get("models") or []:
            if isinstance(item, dict) and item.get("name") == model:
                layers = [x for x in item.get("layers") or [] if isinstance(x, dict)]
                head = {key: _text(item.get(key)) for key in ("input", "loss")}
                definitions.append((head, [{key: _text(x.get(key)) for key in LAYER_KEYS} for x in layers]))
    for head, layers in definitions[1:]:
        expected_head, expected = definitions[0]
        for key, value in head.items():
            if value != expected_head[key]:
                return f"{key} {expected_head[key]} and {value}"
        for one, two in zip(expected, layers):
            for key in LAYER_KEYS:
                if one[key] != two[key]:
                    return f"{key} {one[key]} and {two[key]}, in layer {one['layer']}"
        if len(expected) != len(layers):
            return f"{len(expected)} and {len(layers)} layers"
    return None


def _ranks(launch):
    return [rank for rank in launch.document.get("environment") or [] if isinstance(rank, dict)]


def _settings(launch):
    settings = launch.document.get("settings")
    return [s for s in settings if isinstance(s, dict)] if isinstance(settings, list) else []


def _object(mapping, key):
    value = mapping.get(key)
    return value if isinstance(value, dict) else {}


def _dig(value, *path):
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value):
    """A fact as it is shown and set side by side; unknown is "unknown"."""
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
