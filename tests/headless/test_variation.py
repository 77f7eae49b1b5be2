"""What varies from run to run: what files may say, what is drawn, and how what is wrong is told."""

from __future__ import annotations

import io
from statistics import fmean, stdev
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from doppelgrid.sim.ensemble.variation import (
    MOST_RUNS,
    NOTHING_VARIES,
    Case,
    Draw,
    VariationError,
    cases,
    load_variation,
    parse_variation,
    quantity,
)
from doppelgrid.sim.files.problems import Problem
from doppelgrid.sim.site.reader import load_site, parse_site
from doppelgrid.sim.site.site import Site

DEMO = load_site("demo")
TEXT = """\
vary:
  battery.capacity: [46 kWh, 92 kWh, 184 kWh]
  battery.initial_soc: [20 %, 80 %]
  pv-inv.tilt: {from: 10 °, to: 40 °}
  office.load.annual_energy: {mean: 40 MWh, deviation: 10 %}
  ambient_temperature: {mean: 10 °C, deviation: 8 °C, from: 0 °C}
  machines.load.points[3].value: [40 kW]
"""


def test_each_value_of_a_list_goes_with_each_of_the_others() -> None:
    made = cases(DEMO, parse_variation(TEXT, "vary.yaml"), runs=2, seed=7)
    assert [case.run for case in made] == list(range(12))
    assert [case.seed for case in made] == [7] * 6 + [8] * 6
    pairs = {(case.values["battery.capacity"], case.values["battery.initial_soc"]) for case in made}
    assert len(pairs) == 6


def test_sites_are_what_the_values_say_and_otherwise_the_same() -> None:
    for case in cases(DEMO, parse_variation(TEXT, "vary.yaml"), runs=1, seed=0):
        site: Any = Site.model_validate(case.site)
        assert f"{site.components['battery'].capacity_wh / 1e3:g} kWh" == case.values["battery.capacity"]
        assert f"{site.components['pv-inv'].tilt_deg:g} °" == case.values["pv-inv.tilt"]
        assert site.components["machines"].load.points[3].value == 40e3
        assert site.components["grid"] == DEMO.components["grid"]


POINTS = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  '0': {id: 2, category: meter, behind: grid, load: {profile: inline, points: LIST}}
  a1_2-b: {id: 3, category: meter, behind: grid, load: {profile: inline, points: LIST}}
""".replace("LIST", "[{at: '00:00', value: 1 kW}, {at: '06:00', value: 2 kW}]")


@pytest.mark.parametrize("key", ["0", "a1_2-b"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_number_in_brackets_is_a_place_in_a_list_and_a_key_that_is_one_is_a_key(
    key: str, place: int
) -> None:
    site = parse_site(POINTS, "site.yaml")
    variation = parse_variation(f"vary: {{'{key}.load.points[{place}].value': [5 kW]}}", "vary.yaml")
    (case,) = cases(site, variation, runs=1, seed=0)
    varied: Any = Site.model_validate(case.site)
    values = {
        name: [point.value for point in varied.components[name].load.points] for name in ("0", "a1_2-b")
    }
    expected = {name: [1e3, 2e3] for name in ("0", "a1_2-b")}
    expected[key][place] = 5e3
    assert values == expected


def test_without_variations_every_run_has_the_site_as_it_is() -> None:
    made = cases(DEMO, NOTHING_VARIES, runs=3, seed=0)
    assert [Site.model_validate(case.site).components for case in made] == [DEMO.components] * 3


@pytest.mark.parametrize("runs", [1, 2, 5])
def test_a_run_is_the_same_however_many_there_are(runs: int) -> None:
    variation = parse_variation(TEXT, "vary.yaml")
    assert cases(DEMO, variation, runs=runs, seed=3) == cases(DEMO, variation, runs=6, seed=3)[: 6 * runs]


def test_combinations_are_compared_under_the_same_draws() -> None:
    made = cases(DEMO, parse_variation(TEXT, "vary.yaml"), runs=2, seed=0)
    tilts = [case.values["pv-inv.tilt"] for case in made]
    assert len(set(tilts[:6])) == 1
    assert len(set(tilts)) == 2


def test_what_is_drawn_for_a_name_does_not_depend_on_what_else_varies() -> None:
    alone = parse_variation("vary: {pv-inv.tilt: {from: 10 °, to: 40 °}}", "vary.yaml")
    together = cases(DEMO, parse_variation(TEXT, "vary.yaml"), runs=1, seed=5)
    assert cases(DEMO, alone, runs=1, seed=5)[0].values["pv-inv.tilt"] == together[0].values["pv-inv.tilt"]


def drawn(text: str, count: int = 4000) -> list[float]:
    draw = parse_variation(f"vary: {{a.b: {text}}}", "vary.yaml").draws[0]
    return [read.number for seed in range(count) if (read := quantity(draw.value(seed)))]


def test_even_draws_fill_their_range() -> None:
    values = drawn("{from: 10 °, to: 40 °}")
    assert 10.0 <= min(values) < 10.1
    assert 39.9 < max(values) <= 40.0
    assert fmean(values) == pytest.approx(25.0, abs=0.5)
    assert stdev(values) == pytest.approx(30.0 / 12.0**0.5, rel=0.05)


@pytest.mark.parametrize("deviation", ["10 %", "4 MWh"])
def test_normal_draws_have_their_mean_and_deviation(deviation: str) -> None:
    values = drawn(f"{{mean: 40 MWh, deviation: {deviation}}}")
    assert fmean(values) == pytest.approx(40.0, abs=0.3)
    assert stdev(values) == pytest.approx(4.0, rel=0.05)


def test_a_deviation_of_a_share_is_in_points() -> None:
    assert stdev(drawn("{mean: 50 %, deviation: 10 %}")) == pytest.approx(10.0, rel=0.05)


def test_a_share_of_a_mean_below_zero_is_a_deviation_all_the_same() -> None:
    values = drawn("{mean: -10 °C, deviation: 20 %}")
    assert fmean(values) == pytest.approx(-10.0, abs=0.2)
    assert stdev(values) == pytest.approx(2.0, rel=0.05)


def test_normal_draws_stay_within_their_bounds() -> None:
    values = drawn("{mean: 1, deviation: 5, from: 0, to: 2}")
    assert min(values) >= 0.0
    assert max(values) <= 2.0
    assert len(set(values)) > 3000


@given(
    st.floats(-1e9, 1e9),
    st.floats(1e-9, 1e9),
    st.floats(0.0, 1e9),
    st.floats(0.0, 1e9),
    st.integers(0, 2**40),
)
def test_whatever_is_drawn_is_within_bounds(
    mean: float, deviation: float, below: float, above: float, seed: int
) -> None:
    lower, upper = mean - below, mean + above
    value = Draw("a.b", 1, "", mean, deviation, lower, upper).value(seed)
    assert isinstance(value, float)
    assert lower <= value <= upper


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "vary.yaml:1: the file is empty; accepted: a mapping with vary: names of a site file, each with its values",
        ),
        ("vary: 3", "vary.yaml:1: vary is 3; accepted: names of the site file, each with its values"),
        (
            "vary:\n  battery.capacity: 3 kWh",
            "vary.yaml:2: battery.capacity is 3 kWh; accepted: a list of values, {from, to}, or {mean, deviation}",
        ),
        (
            "vary:\n  a.b:\n    from: 3 kW\n    too: 4 kW",
            "vary.yaml:4: a.b.too is unknown; accepted: from, to (did you mean 'to'?)",
        ),
        (
            "vary:\n  a.b: {from: 3 kW, to: 4 W}",
            "vary.yaml:2: a.b.to is 4 W; accepted: a number in kW, like from",
        ),
        (
            "vary:\n  a.b: {from: 3 kW, to: 2 kW}",
            "vary.yaml:2: a.b.to is 2 kW; accepted: more than from, 3 kW",
        ),
        (
            "vary:\n  a.b: {from: 3 kW, to: 3 kW}",
            "vary.yaml:2: a.b.to is 3 kW; accepted: more than from, 3 kW",
        ),
        (
            "vary:\n  a.b: {mean: 3, deviation: 0}",
            "vary.yaml:2: a.b.deviation is 0; accepted: a deviation greater than zero",
        ),
        (
            "vary:\n  a.b: {mean: 3, deviation: 1, to: 2}",
            "vary.yaml:2: a.b.mean is 3; accepted: a mean between from and to",
        ),
        ("vary:\n  a.b:\n    - 1\n    - 1", "vary.yaml:4: a.b[1] is 1 once more; accepted: each value once"),
        (
            "vary:\n  a: [1]\n  a.b: [2]",
            "vary.yaml:3: a.b is a part of a, which varies, too; accepted: one of them",
        ),
    ],
)
def test_files_are_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(VariationError) as caught:
        parse_variation(text, "vary.yaml")
    assert message in str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("battery.capasity: [1 kWh]", "vary.yaml:2: battery.capasity is unknown; accepted: "),
        (
            "batery.capacity: [1 kWh]",
            "vary.yaml:2: batery.capacity is unknown; accepted: a name that begins with the key of a component or of "
            "the site: grid, main, ",
        ),
        (
            "machines.load.points[12].value: [1 kW]",
            "vary.yaml:2: machines.load.points[12].value is in a list of 9 in the site file; accepted: ",
        ),
        (
            "machines.load.points[9].value: [1 kW]",
            "vary.yaml:2: machines.load.points[9].value is in a list of 9 ",
        ),
        (
            "machines.load.points.0.value: [1 kW]",
            "vary.yaml:2: machines.load.points.0.value is in a list in the site file; accepted: a place within a map",
        ),
        (
            "machines[0].load: [1 kW]",
            "vary.yaml:2: machines[0].load is in a mapping in the site file; accepted: a place within a list",
        ),
        (
            "battery.capacity:\n    - 1 kWh\n    - -1 kWh",
            "vary.yaml:4: battery.capacity is -1 kWh; accepted: > 0 kWh",
        ),
        ("battery.preset: [lfp-93kwh]", "vary.yaml:2: battery.preset is 'lfp-93kwh'; accepted: lfp-92kwh, "),
        ("main.behind: [grd]", "vary.yaml:2: main.behind is 'grd'; accepted: "),
        (
            "battery.min_soc: [60 %]",
            "vary.yaml:2: battery.initial_soc is 50.0 % with battery.min_soc = 60 %; accepted: 60 %..100 %",
        ),
        (
            "pv-inv.tilt: {from: 91 °, to: 95 °}",
            "vary.yaml:2: pv-inv.tilt is 92.3687 ° in run 0 (seed 0); accepted: ",
        ),
    ],
)
def test_what_does_not_go_with_the_site_is_told_before_anything_runs(text: str, message: str) -> None:
    with pytest.raises(VariationError) as caught:
        cases(DEMO, parse_variation(f"vary:\n  {text}", "vary.yaml"), runs=1, seed=0)
    assert str(caught.value).startswith(message)


def test_all_names_that_lead_nowhere_are_told_at_once() -> None:
    names = ("batery.capacity", "machines.load.points[9].value", "mian.behind", "machines[0].load")
    text = "vary:\n" + "".join(f"  {name}: [1 kW]\n" for name in names)
    with pytest.raises(VariationError) as caught:
        cases(DEMO, parse_variation(text, "vary.yaml"), runs=1, seed=0)
    told = str(caught.value).splitlines()
    assert [line.split(" is ")[0] for line in told] == [
        f"vary.yaml:{line}: {name}" for line, name in enumerate(names, 2)
    ]


def test_one_bad_draw_among_many_is_found() -> None:
    text = "vary: {pv-inv.tilt: {from: 0 °, to: 90.5 °}}"
    made = [Draw("pv-inv.tilt", 1, "°", 0.0, 0.0, 0.0, 90.5).value(seed) for seed in range(400)]
    bad = next(seed for seed, value in enumerate(made) if float(str(value).split()[0]) > 90.0)
    with pytest.raises(VariationError, match=rf"in run {bad} \(seed {bad}\); accepted: 0 °..90 °"):
        cases(DEMO, parse_variation(text, "vary.yaml"), runs=400, seed=0)


@pytest.mark.parametrize("runs", [0, MOST_RUNS])
def test_too_many_runs_and_none_are_refused(runs: int) -> None:
    with pytest.raises(ValueError, match="accepted: 1 to 100000 runs together"):
        cases(DEMO, parse_variation(TEXT, "vary.yaml"), runs=runs, seed=0)


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(VariationError, match=r"nowhere\.yaml: the file is not there"):
        load_variation("nowhere.yaml")


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(
    ["5 kWh", "-1 %", "1e999 A", "10 °", "lfp-92kwh", "grid", "\x85", "3 kW"]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["from", "to", "mean", "deviation", "file"]), inner, max_size=4)
    ),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["battery", "battery.capacity", "pv-inv.tilt", "office.load", "office.load.noise", "main.behind", "weather",
     "machines.load.points[0].at", "machines.load.points[-1]", "microgrid.location", "components", "grid.x.y"]
) | st.text(max_size=6)  # fmt: skip


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_garbage_is_either_sites_or_explained(varied: dict[str, Any]) -> None:
    text = io.StringIO()
    try:
        YAML(typ="safe").dump({"vary": varied}, text)
    except UnicodeEncodeError:
        return
    accepted_or_explained(text.getvalue())


@settings(deadline=None)
@given(st.text() | st.binary() | st.text(alphabet="ab01 :-[]{}&*!|>'\"%,\n\t<~.\\vary°", max_size=60))
def test_garbage_text_is_explained(text: str | bytes) -> None:
    accepted_or_explained(text)


def accepted_or_explained(text: str | bytes) -> None:
    problems: tuple[Problem, ...] = ()
    made: tuple[Case, ...] = ()
    try:
        made = cases(DEMO, parse_variation(text, "vary.yaml"), runs=1, seed=0)
    except VariationError as error:
        problems = error.problems
    assert made or problems
    assert all("\n" not in str(problem) for problem in problems)
    for case in made:
        Site.model_validate(case.site)
