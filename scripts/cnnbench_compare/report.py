"""A whole comparison of two arms: the tables with what a reader must know before them."""

from dataclasses import dataclass

from . import arms, comparability, tables, verdict


@dataclass(frozen=True)
class Report:
    """`other` against `first`."""

    first: arms.Arm
    other: arms.Arm
    tables: list  # of (list of arms.Pair, list of verdict.Comparison), row by row
    warnings: list[str]  # why the ratios do not mean what they seem to
    remarks: list[str]  # what else a reader must know

    def rows(self):
        """Every (Key, Comparison)."""
        return [(pair.key, c) for pairs, found in self.tables for pair, c in zip(pairs, found)]


def compare_arms(first, other, views=None):
    """Compares all that two arms have in common, of these views (None: all). Raises ResultError."""
    paired, only_first, only_other = arms.pair_up(first, other, views)
    keys = [pair.key for pairs in paired for pair in pairs]
    remarks = [f"Differs: {line}" for line in comparability.differences(first, other)]
    if comparability.one_after_the_other(first, other):
        remarks.append(
            "All launches of one arm began before those of the other: a drift of the machine is in the "
            "ratios."
        )
    for arm, missing in ((first, only_first), (other, only_other)):
        if missing:
            remarks.append(f"Only in {arm.name}: {comparability.some([full_name(key) for key in missing])}")
    return Report(
        first,
        other,
        [(pairs, verdict.compare_rows([pair.medians() for pair in pairs])) for pairs in paired],
        comparability.warnings(first, other, keys),
        remarks,
    )


def full_name(key):
    """A row's name outside its table: run, view and layer."""
    return f"{key.run} {key.view} {tables.row_name(key) if key.layer else ''}".strip()


def preface(report):
    """The lines to be read before the numbers."""
    lines = [f"WARNING, not comparable: {line}" for line in report.warnings] + report.remarks
    return [tables.paragraph(line) for line in lines]


def text(report):
    """The whole report, of at most 100 columns."""
    names = (report.first.name, report.other.name)
    blocks = [tables.comparison_table(pairs, found, *names) for pairs, found in report.tables]
    before = "\n".join(preface(report))
    legend = tables.legend([c for _, c in report.rows()], *names)
    return "\n\n".join([*([before] if before else []), *blocks, legend])


def arm_line(arm, folders):
    """Which launches an arm has."""
    count = "1 launch" if len(arm.launches) == 1 else f"{len(arm.launches)} launches"
    return tables.paragraph(f"{arm.name}: {count}, {comparability.some(folders, most=1)}")
