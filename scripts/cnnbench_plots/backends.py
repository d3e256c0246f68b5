"""What the figures of several backends share: one model in one pass, its rows and its backends."""

from dataclasses import dataclass

from . import style


@dataclass(frozen=True)
class Comparison:
    """One model in one pass: its rows (name, {backend: time}) and its backends in order."""

    backends: list
    reference: str
    layers: list
    totals: list  # sum of layers, network
    bound: object  # or None

    def times(self):
        return [t for _, row in self.layers + self.totals for t in row.values()]


def compared(result, model, pass_name):
    """The Comparison of one (model, pass), or None where no backend was measured."""
    mine = [
        t
        for t in result.backend_times
        if (t.model, t.pass_name, t.direction) == (model, pass_name, "all")
    ]
    if not any(t.median for t in mine if t.backend):
        return None
    layers, totals, bound = {}, {}, None
    for t in mine:
        if t.scope == "bound":
            bound = t
        else:
            (layers if t.scope == "layer" else totals).setdefault(t.layer, {})[t.backend] = t
    return Comparison(
        list(dict.fromkeys(t.backend for t in mine if t.backend)),
        mine[0].relative_to,
        list(layers.items()),
        list(totals.items()),
        bound,
    )


def factor(value):
    """ "0.93", "1.42", "12.3", "123": a speed-up in a cell."""
    if value >= 99.5:
        return f"{value:,.0f}"
    if value >= 9.95:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.0995 else f"{value:.2g}"


def records(result, model, pass_name):
    return [r for r in result.records if (r.model, r.pass_name) == (model, pass_name)]


def _took_turns(result, model, pass_name):
    """Whether the backends ran in turns; those that did not fit into memory together ran one by one."""
    for setting in result.document.get("settings") or []:
        if (setting.get("model"), setting.get("pass")) == (model, pass_name):
            return setting.get("interleaved", True)
    return True


def steps(result, model, pass_name):
    """In words, how many steps each backend took, and in which order."""
    found = [r.n for r in records(result, model, pass_name) if r.view in ("layers", "network")]
    order = "interleaved" if _took_turns(result, model, pass_name) else "one backend after the other"
    return f"{style.number_range(found, 'step', 'steps')} a backend, {order}"


def missing(comparison):
    """In words, which backends have no times, and why."""
    text = ""
    for backend in comparison.backends:
        mine = [t for t in comparison.times() if t.backend == backend]
        if any(t.median for t in mine):
            continue
        text += f"{style.literal(backend)} was not measured ({mine[-1].reason.replace('$', chr(92) + '$')}). "
    return text
