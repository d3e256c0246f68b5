"""How numbers and times are written, in figures and in tables."""

import math


def time_unit(seconds):
    """(factor, name) of the unit that suits times of this size: s, ms or µs."""
    for factor, name in ((1, "s"), (1e3, "ms")):
        if abs(seconds) * factor >= 1:
            return factor, name
    return 1e6, "µs"


def significant(value, digits=3):
    """`digits` significant digits without an exponent: 0.0123, 1.23, 123, 1,235."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(places, 9)}f}"


def format_time(seconds):
    factor, unit = time_unit(seconds)
    return f"{significant(seconds * factor)} {unit}"
