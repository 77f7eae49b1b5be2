"""The pages of the reference, made from the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

from . import code as source
from .markdown import code, escaped, table
from .site_file import site_file_page

_COMMAND = re.compile(r"^#+ `doppelgrid ([^`]+)`\n\n(.+)$", re.MULTILINE)
"""A command's heading, and what it does."""
_LISTED = re.compile(r"^\* `(?P<name>[a-z]\w*)`: .*$", re.MULTILINE)
"""A command in the list of all, which typer cuts short."""
_LONGEST_LIST = 8
"""Longer tables of numbers are told by their ends."""


def generated_pages() -> dict[str, Callable[[], str]]:
    """Return what makes each page, by its path below `docs/`."""
    pages: dict[str, Callable[[], str]] = {
        "reference/site-file.md": site_file_page,
        "reference/metrics.md": metrics_page,
        "reference/inputs.md": inputs_page,
        "reference/faults.md": faults_page,
        "reference/prometheus.md": prometheus_page,
        "reference/library.md": library_page,
        "reference/commands.md": commands_page,
        "reference/python.md": lambda: names_page(
            "doppelgrid", "Python", "What a program imports from `doppelgrid`."
        ),
        "reference/testing.md": lambda: names_page(
            "doppelgrid.testing",
            "Test fixtures",
            "What the fixtures `site` and `live_site` of the pytest plugin are; "
            "[Test in pytest](../how-to/testing.md) shows their use.",
        ),
        "reference/hardware.md": lambda: names_page(
            "doppelgrid.hardware",
            "Hardware of your own",
            "What a package of your own imports from `doppelgrid.hardware`, with all fields of its records; [Adding "
            "hardware](../adding-hardware.md) leads through it.",
        ),
        "reference/presets/index.md": presets_index,
    }
    for stem in source.preset_files():
        pages[f"reference/presets/{stem}.md"] = lambda stem=stem: presets_page(stem)  # type: ignore[misc]
    return pages


def metrics_page() -> str:
    """Return the page of metrics by category."""
    categories = source.reported()
    shared = frozenset.intersection(
        *(each.metrics for each in categories if "AC_POWER_ACTIVE" in each.metrics)
    )
    lines = [
        "# Metrics",
        "",
        "What each category reports in telemetry, under the names of the Microgrid API without their prefix `METRIC_`. "
        "Power and current are positive into the component, away from the grid (the passive sign convention). "
        "This page is made from running sites, one of them with one of everything.",
        "",
        *table(
            ["category", "metrics", "bounds of", "listed by default"],
            (
                [
                    code(each.category),
                    _metrics_of(each, shared),
                    _names(each.bounds),
                    "yes" if each.listed else "no",
                ]
                for each in categories
            ),
        ),
        "",
        "What is not listed by default would keep today's Python clients from starting; `list_unsupported` of "
        "[`microgrid`](site-file.md#microgrid) lists it.",
        "",
        "A grid connection point with a `rated_power` has bounds of `AC_POWER_ACTIVE`. "
        "A meter with `measurement` options of its own has the registers that its `registers` say, and none by phase, "
        "reactive or apparent. A PV inverter with a `power` of its own has no DC side and no heat sink. An inverter "
        "with several batteries, or with an array, shows the power of its DC side alone, without `DC_VOLTAGE` and "
        "`DC_CURRENT`. Its connections differ in voltage, and of an array only the voltage at its maximum power point "
        "is known, within the inverter's window, by which its losses go: while the inverter holds power back or stands "
        "by, the array is at another one, which no model knows, and a current made of it would be wrong.",
        "",
        "Registers begin at 0 when a run begins, are not reset, and are exact integrals of what flows. By default a "
        "recording holds what `frequenz-sdk` asks for; of inverters, whose DC power follows from their AC power and "
        "their loss, it leaves out the DC side.",
        "",
        "## AC metrics",
        "",
        *_metrics_table(shared),
        "",
        "## Further metrics",
        "",
        *_metrics_table(frozenset().union(*(each.metrics for each in categories)) - shared),
        "",
        "Where the API leaves a choice, definitions follow its own older messages (`frequenz.api.common.metrics` in "
        "`frequenz-api-common`) and the information models 103 and 203 of [SunSpec](https://github.com/sunspec/models).",
        "",
        "## Not sent",
        "",
        "Metrics of the API that no component sends, since no model knows them:",
        "",
        *table(["metric", "why"], ([code(name), escaped(why)] for name, why in source.not_sent().items())),
    ]
    return "\n".join(lines) + "\n"


def inputs_page() -> str:
    """Return the page of inputs that can be driven."""
    lines = [
        "# Inputs",
        "",
        "What `drive` of `Simulation`, `ControlClient` and the [control service](../how-to/control.md) overrides, by "
        "the category of the component, or with `site` in place of one. A component has those that drive it: a PV "
        "inverter with a `power` of its own has no `irradiance`. The error about an unknown one lists what there is, "
        "that about a value what it can be. This page is made from a running site with one of everything.",
        "",
        *table(
            ["of", "input", "can be", "value in a request"],
            (
                [code(place), code(quantity), source.range_of(quantity), code(source.field_of(quantity))]
                for place, quantities in source.driven().items()
                for quantity in quantities
            ),
        ),
        "",
        "Powers are positive into the component (the passive sign convention). A `number` is in the unit that the name "
        "ends in (`capacity_wh`), otherwise in the unit of the [site file](site-file.md) without its prefix, shares as "
        "0..1. `presence` is whether the grid is there, `cable` whether a charger's is where its sessions say; "
        "`voltage` is line to line, `voltage_1` to `voltage_3` are to neutral.",
    ]
    return "\n".join(lines) + "\n"


def faults_page() -> str:
    """Return the page of kinds of faults."""
    lines = [
        "# Faults",
        "",
        "What can be broken, and how: by a step of a [scenario](../how-to/scenarios.md), `fault` of a "
        "[test](../how-to/testing.md), `strike` of [`doppelgrid control`](../how-to/control.md), `Strike` of the "
        "control service, and `Simulation.fault`. The names are the same everywhere.",
        "",
        "In a scenario the amount has the word of its column, `{kind: late, by: 5 s}`, or is called `amount` as "
        "everywhere else. Shares and factors may be plain numbers; everything else has its unit in files, at the "
        "command line and in texts of Python, and numbers of programs are in W, s, V and so on.",
    ]
    for family in source.fault_families():
        head = ["kind", "what happens", "amount", "further", "on"]
        rows = (
            [code(each.kind), escaped(each.what), each.amount, each.parts, each.hosts]
            for each in family.kinds
        )
        lines += ["", f"## {family.title}", "", family.about, "", *table(head, rows)]
    lines += [
        "",
        "## Coming and going",
        "",
        "What has `every` and `each` in its row can come and go by chance: `{kind: silent, every: 2 min, each: 5 s}` "
        "is silent for 5 s on average, and from one beginning to the next it is 2 min on average, both drawn from "
        "exponential distributions. In files `for` beside `kind` says the same. What happens by chance (noise, losses, "
        "delays, comings) goes by the seed of the "
        "simulation: the same seed gives the same.",
        "",
        "Faults of one component combine, in the order in which they struck. They are in snapshots, on the tape and "
        "in the log of events, which says in words what each does.",
    ]
    return "\n".join(lines) + "\n"


def prometheus_page() -> str:
    """Return the page of figures for Prometheus."""
    lines = [
        "# Figures for Prometheus",
        "",
        "What `doppelgrid run --prometheus HOST:PORT` tells of the sites that it serves; [Watch a run with "
        "Prometheus](../how-to/prometheus.md) shows its use. This page is made from the table that the command uses. "
        "Beside these there are those of the process itself that Prometheus' client library brings, such as "
        "`process_resident_memory_bytes` and `process_cpu_seconds_total`.",
        "",
        *_figures_table(source.figures()),
        "",
        "## Components",
        "",
        "With `--prometheus-components` also:",
        "",
        *_figures_table(source.figures_of_components()),
    ]
    return "\n".join(lines) + "\n"


def _figures_table(figures: list[source.Figure]) -> list[str]:
    rows = (
        [code(each.name), each.kind, ", ".join(map(code, each.labels)), escaped(each.meaning)]
        for each in figures
    )
    return table(["figure", "kind", "labels", "meaning"], rows)


def _metrics_of(each: source.Reported, shared: frozenset[str]) -> str:
    ac = ["[AC metrics](#ac-metrics)"] if shared <= each.metrics else []
    rest = each.metrics - shared if ac else each.metrics
    return ", ".join([*ac, *([_names(rest)] if rest else [])]) or "none: states only"


def _names(metrics: frozenset[str]) -> str:
    return ", ".join(code(metric) for metric in sorted(metrics))


def _metrics_table(metrics: frozenset[str]) -> list[str]:
    recorded = source.recorded_by_default()
    return table(
        ["metric", "unit", "meaning", "recorded", "versions of the API"],
        (
            [
                code(metric),
                source.unit_of(metric),
                escaped(source.meaning_of(metric)),
                "by default" if metric in recorded else "with `--record-metrics all`",
                "all" if source.is_in_v1(metric) else "`v1alpha18`, `v1alpha19`",
            ]
            for metric in sorted(metrics)
        ),
    )


def library_page() -> str:
    """Return the page of the scenarios that ship."""
    groups = groupby(source.library(), key=lambda shipped: shipped.name.partition("/")[0])
    lines = [
        "# Scenario library",
        "",
        "Scenarios that ship with the package, to hold a controller to before it meets a site: `doppelgrid test "
        "library:`, a group by `library:storage`, one alone by `library:storage/empty`. [Run "
        "scenarios](../how-to/scenarios.md#the-library) says how a controller takes the place of those that the files "
        "name. "
        "This page is made from the files.",
        "",
    ]
    for group, shipped in groups:
        lines += [
            f"## {group}",
            "",
            *table(
                ["scenario", "what happens, and why", "for", "cases", "simulated"],
                (
                    [
                        code(f"library:{each.name}"),
                        f"**{escaped(each.what)}.** {escaped(each.why)}{_after(each.source)}",
                        code(each.job) if each.job else "",
                        str(each.cases),
                        each.duration,
                    ]
                    for each in shipped
                ),
            ),
            "",
        ]
    return "\n".join(lines)


def _after(text: str | None) -> str:
    """Return a source behind what follows it, its addresses as links."""
    if text is None:
        return ""
    parts = re.split(r"(https?://[^\s,;)]+)", text)
    shown = "".join(
        f"[{part.split('/')[2]}]({part})" if number % 2 else escaped(part)
        for number, part in enumerate(parts)
    )
    return f" Source: {shown}."


def commands_page() -> str:
    """Return the page of commands."""
    _, _, text = source.commands().partition("\n")
    told = dict(_COMMAND.findall(text))

    def in_full(match: re.Match[str]) -> str:
        name = match["name"]
        # Of a group, its commands follow on it.
        groups = [group for group, _ in _COMMAND.findall(text[: match.start()])]
        if groups and f"{groups[-1]} {name}" in told:
            name = f"{groups[-1]} {name}"
        return f"* [`{match['name']}`](#doppelgrid-{name.replace(' ', '-')}): {told[name]}"

    return f"# Commands\n{_LISTED.sub(in_full, text).rstrip()}\n"


def names_page(package: str, title: str, introduction: str) -> str:
    """Return the page of a package's public names, which mkdocstrings fills from their docstrings."""
    lines = [f"# {title}", "", introduction, ""]
    for name in source.public_names()[package]:
        lines += [f"::: {package}.{name}", ""]
    return "\n".join(lines)


def presets_index() -> str:
    """Return the page that lists the files of presets."""
    rows = []
    for stem in source.preset_files():
        names = dict.fromkeys(value.preset for value in source.presets(stem).values)
        rows.append([f"[{_title(stem)}]({stem}.md)", ", ".join(code(name) for name in names)])
    lines = [
        "# Presets",
        "",
        "Sets of parameters that a site file, or another preset, names. Every value says where it is from; "
        "the pages on [models](../../models/README.md) say what the parameters mean.",
        "",
        *table(["presets", "names"], rows),
    ]
    return "\n".join(lines) + "\n"


def presets_page(stem: str) -> str:
    """Return the page of a file of presets."""
    file = source.presets(stem)
    lines = [f"# {_title(stem)}", ""]
    for paragraph in file.introduction.split("\n\n"):
        lines += [escaped(paragraph), ""]
    for name, values in groupby(file.values, key=lambda value: value.preset):
        lines += [f"## `{name}`", ""]
        if remark := file.remarks.get(name):
            lines += [escaped(remark), ""]
        rows = ([code(value.key), escaped(_value(value.value)), escaped(value.comment)] for value in values)
        lines += [*table(["parameter", "value", "source"], rows), ""]
    return "\n".join(lines)


def _title(stem: str) -> str:
    words = stem.replace("_", " ")
    short = {
        "bms": "BMS",
        "chps": "CHPs",
        "ev chargers": "EV chargers",
        "hvacs": "HVACs",
        "ups": "UPS",
        "pv arrays": "PV arrays",
    }
    return short.get(words, words.capitalize())


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        if len(value) > _LONGEST_LIST:
            return f"{_value(value[0])} … {_value(value[-1])} ({len(value)} entries)"
        return ", ".join(_value(entry) for entry in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
