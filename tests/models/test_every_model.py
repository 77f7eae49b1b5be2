"""What every model keeps to, whatever it models: see `tests/model_cases`."""

from __future__ import annotations

import math
import re
import sys
import types
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import pytest
from accuracy.described import field_docstrings, preset_names
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from model_cases import every_case
from model_cases.case import ModelCase

import doppelgrid.models as models_package
from doppelgrid.models.parameter import check_parameters, described_parameters

pytestmark = pytest.mark.lengthy

CASES = every_case()
TESTS = Path(__file__).parents[1]

EXAMPLES_PER_CASE = 60
"""Shared by the parameter sets of a case, so that many presets do not make the suite slow."""
FEWEST_EXAMPLES = 10
BALANCE = 1e-9
"""Of the energies that go through: how far they may miss to add up."""
ROUNDING_J = 1e-6
"""In any balance: what a step of little power loses when its energies are kept beside up to 1 MJ of store."""
ROUNDING_OF_STORED = 1e-14
"""Of the greatest energy stored, where a case names one: some forty roundings of a float."""
LEAST_HORIZON_S = 1e-3
"""Horizons are never shorter; at this length a crossing may lie inside."""
SAME = 1e-12
"""Relative: a mean of a constant over a step."""
HORIZONS_PER_HOUR = 500
"""A quiet hour costs a few; a busy one must still come to an end."""
MOVED_S = 0.0123
"""Longer than the shortest horizon."""
MOMENT_S = 1e-3
"""In which nothing changes much."""
MOMENT = 1e-3
"""Relative, or of one unit: how far the mean of a moment may be from between what its ends show."""


class Tried(NamedTuple):
    """A case with one of its sets of parameters."""

    case: ModelCase
    params: Any


EVERY = {f"{case.name}-{name}": Tried(case, params) for case in CASES for name, params in case.params.items()}


def every(applies: Callable[[ModelCase], Any]) -> pytest.MarkDecorator:
    """Try all models to which a rule applies."""
    chosen = {name: tried for name, tried in EVERY.items() if applies(tried.case)}
    return pytest.mark.parametrize("tried", chosen.values(), ids=chosen.keys())


every_model = every(lambda _case: True)


def first_of_every_model() -> pytest.MarkDecorator:
    """Try all models, but those sets of parameters that come second among the tests that take days."""
    first = {next(iter(case.params.values())) for case in CASES}
    return pytest.mark.parametrize(
        "tried",
        [
            pytest.param(tried, id=name, marks=[] if tried.params in first else [pytest.mark.days])
            for name, tried in EVERY.items()
        ],
    )


STEPS_S: SearchStrategy[float] = st.one_of(
    st.sampled_from([0.2, 1.0, 60.0, 900.0, 3600.0]),
    st.floats(1e-3, 10.0),
    st.floats(10.0, 86_400.0),
)


def try_out(
    tried: Tried, check: Callable[..., None], *more: SearchStrategy[Any], examples: int = EXAMPLES_PER_CASE
) -> None:
    """Call a check with many states, inputs and whatever else it takes."""
    count = max(FEWEST_EXAMPLES, examples // len(tried.case.params))

    @settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(st.tuples(tried.case.states(tried.params), tried.case.inputs(tried.params), *more))
    def run(drawn: tuple[Any, ...]) -> None:
        check(*drawn)

    run()


def fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a named tuple with dotted names, nested ones one by one."""
    for name, entry in zip(value._fields, value, strict=True):
        if hasattr(entry, "_fields"):
            yield from ((f"{name}.{inner}", found) for inner, found in fields(entry))
        elif isinstance(entry, tuple):
            yield from ((f"{name}[{index}]", found) for index, found in enumerate(entry))
        else:
            yield name, entry


def bits(value: Any) -> str:
    """Return what two values share only if they are the same to the last bit."""
    return repr(tuple(value)) if isinstance(value, tuple) else repr(value)


def within_limits(tried: Tried, state: Any, inp: Any) -> Any:
    """Return an input with the set-point as the plant passes it on: cut to the limits."""
    name = next((name for name in ("set_point_w", "power_w") if name in inp._fields), None)
    if tried.case.limits is None or name is None:
        return inp
    lower_w, upper_w = tried.case.limits(tried.params, state, inp)
    return inp._replace(**{name: min(max(getattr(inp, name), lower_w), upper_w)})


def power_w(output: Any) -> float:
    """Return the power that a model is known by: active power, or that at the terminals."""
    return float(output.active_power_w if hasattr(output, "active_power_w") else output[0])


def assert_same_place(case: ModelCase, params: Any, one: Any, other: Any) -> None:
    """Hold two states to the tolerance of the case."""
    span = dict(fields(case.spans(params))) if case.spans else {}
    for (name, first), (_, second) in zip(fields(one), fields(other), strict=True):
        if isinstance(first, int):
            assert first == second, name
        elif first != second:
            allowed = case.split_tolerance * abs(float(span.get(name, 1.0)))
            assert abs(first - second) <= allowed, f"{name}: {first!r} and {second!r}, allowed {allowed:g}"


@every_model
def test_energy_is_conserved(tried: Tried) -> None:
    case, params = tried
    rounding_j = ROUNDING_J + ROUNDING_OF_STORED * (case.stored_j(params) if case.stored_j else 0.0)

    def check(state: Any, inp: Any, dt_s: float) -> None:
        after, output = case.step(params, state, inp, dt_s)
        through_j = case.throughput_j(params, state, after, output, dt_s)
        imbalance_j = case.imbalance_j(params, state, after, output, dt_s)
        assert through_j >= 0.0
        assert abs(imbalance_j) <= BALANCE * through_j + rounding_j, f"of {through_j:g} J"

    try_out(tried, check, STEPS_S)


@every(lambda case: case.limits)
def test_power_keeps_to_the_limits_where_the_set_point_does(tried: Tried) -> None:
    case, params = tried
    assert case.limits is not None
    limits, own_use_w = case.limits, case.own_use_w(params) if case.own_use_w else 0.0

    def check(state: Any, inp: Any) -> None:
        lower_w, upper_w = limits(params, state, inp)
        power = power_w(case.output(params, state, within_limits(tried, state, inp)))
        slack_w = BALANCE * max(abs(lower_w), abs(upper_w), 1.0)
        assert lower_w - slack_w <= power <= upper_w + slack_w + own_use_w, (lower_w, upper_w)

    try_out(tried, check)


@every(lambda case: case.limits)
def test_limits_are_a_range_around_zero(tried: Tried) -> None:
    case, params = tried
    assert case.limits is not None
    limits = case.limits

    def check(state: Any, inp: Any) -> None:
        lower_w, upper_w = limits(params, state, inp)
        assert math.isfinite(lower_w)
        assert math.isfinite(upper_w)
        assert lower_w <= upper_w
        if case.limits_include_zero:
            assert lower_w <= 0.0 <= upper_w

    try_out(tried, check)


@every(lambda case: case.deratings)
def test_derating_never_grows(tried: Tried) -> None:
    case, params = tried
    for derating in case.deratings:
        limits_w = [derating.limit_w(params, step / 200.0) for step in range(201)]
        assert min(limits_w) >= 0.0, derating.what
        slack_w = SAME * max(limits_w)
        for better, worse in pairwise(limits_w):
            assert worse <= better + slack_w, derating.what


@every_model
def test_one_long_step_is_many_short_ones(tried: Tried) -> None:
    case, params = tried
    stored_j = case.stored_j(params) if case.stored_j else 0.0

    def compare(state: Any, inp: Any, dt_s: float, cuts: list[float]) -> None:
        times_s = [0.0, *sorted(dt_s * cut for cut in cuts), dt_s]
        part, energy_j = state, 0.0
        for start, end in pairwise(times_s):
            part, output = case.step(params, part, inp, end - start)
            energy_j += power_w(output) * (end - start)
        whole, output = case.step(params, state, inp, dt_s)
        through_j = case.throughput_j(params, state, whole, output, dt_s)
        assert_same_place(case, params, whole, part)
        # A state that may be off by the tolerance has taken up as much more or less.
        allowed_j = max(case.split_tolerance, SAME) * (through_j + stored_j) + ROUNDING_J
        assert abs(power_w(output) * dt_s - energy_j) <= allowed_j

    def check(state: Any, inp: Any, dt_s: float, cuts: list[float]) -> None:
        inp = case.passed_on(params, state, inp) if case.passed_on else inp
        try:
            compare(state, inp, dt_s, cuts)
        except AssertionError:
            # Where an event falls on a cut it may come before or after it, by a rounding; not so with all cuts moved.
            moved, _ = case.step(params, state, inp, MOVED_S)
            compare(moved, inp, 0.987 * dt_s, cuts)

    try_out(tried, check, STEPS_S, st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6), examples=40)


@every_model
def test_a_step_of_no_length_changes_nothing(tried: Tried) -> None:
    case, params = tried

    def check(state: Any, inp: Any) -> None:
        after, output = case.step(params, state, inp, 0.0)
        assert bits(after) == bits(state)
        assert all(math.isfinite(value) for _, value in fields(output))

    try_out(tried, check, examples=30)


@every_model
def test_results_are_finite_and_of_their_types_for_any_input_in_range(tried: Tried) -> None:
    case, params = tried

    def check(state: Any, inp: Any, dt_s: float) -> None:
        after, mean = case.step(params, state, inp, dt_s)
        for result in (case.output(params, state, inp), after, mean, case.output(params, after, inp)):
            for name, value in fields(result):
                assert math.isfinite(value), name
            assert_typed(result)

    try_out(tried, check, STEPS_S)


@every_model
def test_output_holds_for_its_horizon(tried: Tried) -> None:
    case, params = tried

    def check(state: Any, inp: Any, share: float) -> None:
        horizon_s = case.horizon_s(params, state, inp)
        assert horizon_s > 0.0
        assume(horizon_s > LEAST_HORIZON_S)
        before = case.output(params, state, inp)
        dt_s = share * min(horizon_s, 86_400.0)
        after, mean = case.step(params, state, inp, dt_s)
        later = case.output(params, after, inp)
        for name in set(case.held) & set(before._fields):
            held = getattr(before, name)
            assert getattr(later, name) == held, name
            # What is smaller has no digits to keep.
            assert abs(getattr(mean, name) - held) <= SAME * abs(held) + sys.float_info.min, name

    try_out(tried, check, st.floats(0.001, 0.99))


@every_model
def test_a_moment_shows_what_it_shows_at_its_ends(tried: Tried) -> None:
    case, params = tried

    def check(state: Any, inp: Any) -> None:
        inp = within_limits(tried, state, inp)
        begin, _ = case.step(params, state, inp, MOVED_S)  # whatever jumps has jumped
        inp = within_limits(tried, begin, inp)
        assume(case.horizon_s(params, begin, inp) > 2.0 * LEAST_HORIZON_S)
        end, mean = case.step(params, begin, inp, MOMENT_S)
        ends = [dict(fields(case.output(params, at, inp))) for at in (begin, end)]
        for name, value in fields(mean):
            if name in case.means_only:
                continue
            low, high = sorted(each[name] for each in ends)
            slack = MOMENT * max(abs(low), abs(high), 1.0)
            assert low - slack <= value <= high + slack, name

    try_out(tried, check, examples=20)


@every_model
def test_an_hour_takes_a_bounded_number_of_horizons(tried: Tried) -> None:
    case, params = tried
    most = HORIZONS_PER_HOUR + (0 if case.turns_per_hour is None else case.turns_per_hour(params))

    def check(state: Any, inp: Any) -> None:
        left_s, count = 3600.0, 0
        while left_s > 0.0:
            inp = within_limits(tried, state, inp)
            dt_s = min(case.horizon_s(params, state, inp), left_s)
            state, _ = case.step(params, state, inp, dt_s)
            left_s -= dt_s
            count += 1
            assert count <= most

    try_out(tried, check, examples=20)


@every_model
def test_the_same_inputs_give_the_same_bits(tried: Tried) -> None:
    case, params = tried

    def check(state: Any, inp: Any, dt_s: float) -> None:
        def everything() -> tuple[str, ...]:
            return (
                bits(case.output(params, state, inp)),
                bits(case.horizon_s(params, state, inp)),
                *(bits(result) for result in case.step(params, state, inp, dt_s)),
            )

        first = everything()
        case.step(params, *case.step(params, state, inp, dt_s)[:1], inp, 1.0)  # leaves no trace
        assert everything() == first

    try_out(tried, check, STEPS_S, examples=20)


@pytest.mark.slow  # Numba takes a second or more to compile a function, for each layout of parameters anew.
@first_of_every_model()
def test_compiled_functions_give_the_bits_of_interpreted_ones(tried: Tried) -> None:
    from compiled import double_of  # Numba takes more than a second to import.

    case, params = tried
    pairs = [(function, double_of(function)) for function in (case.output, case.horizon_s)]
    if case.limits is not None:
        pairs.append((case.limits, double_of(case.limits)))
    step = double_of(case.step)

    def agree(interpreted: Any, compiled: Any) -> None:
        if case.compiled_tolerance == 0.0:
            assert bits(compiled) == bits(interpreted)
            return
        for one, other in zip(numbers(interpreted), numbers(compiled), strict=True):
            assert math.isclose(one, other, rel_tol=case.compiled_tolerance), (one, other)

    def check(state: Any, inp: Any, dt_s: float) -> None:
        for interpreted, compiled in pairs:
            agree(interpreted(params, state, inp), compiled(params, state, inp))
        for one, other in zip(
            case.step(params, state, inp, dt_s), step(params, state, inp, dt_s), strict=True
        ):
            agree(one, other)

    try_out(tried, check, STEPS_S)


def numbers(value: Any) -> list[float]:
    """Return the numbers in a result, nested ones in turn."""
    return [number for entry in value for number in numbers(entry)] if isinstance(value, tuple) else [value]


@every_model
def test_parameter_sets_keep_to_their_ranges_and_types(tried: Tried) -> None:
    check_parameters(tried.params)
    assert_typed(tried.params)


type_hints = cache(get_type_hints)
"""Evaluating annotations takes longer than most models take to be evaluated."""


def assert_typed(value: Any) -> None:
    """Hold each field to its annotation: a whole number in the place of a float compiles to something else."""
    for (name, hint), entry in zip(type_hints(type(value)).items(), value, strict=True):
        if hasattr(entry, "_fields"):
            assert_typed(entry)
        elif get_origin(hint) is tuple:
            kinds = {kind for kind in get_args(hint) if kind is not Ellipsis}
            assert all(type(number) in kinds for number in entry), f"{type(value).__name__}.{name}"
        else:
            assert type(entry) is hint, f"{type(value).__name__}.{name} is {entry!r}"


MODULES = [
    import_module(f"{models_package.__name__}.{path.stem}")
    for path in sorted(Path(str(models_package.__file__)).parent.glob("*.py"))
    if path.stem != "__init__"
]


def own(kind: type, suffixes: tuple[str, ...]) -> list[Any]:
    """Return the public functions, or classes, of all models whose names end in one of the suffixes."""
    return [
        pytest.param(value, id=f"{module.__name__.rpartition('.')[2]}.{name}")
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, kind)
        and value.__module__ == module.__name__
        and name.endswith(suffixes)
        and not name.startswith("_")
    ]


@pytest.mark.parametrize("step", own(types.FunctionType, ("_step",)))
def test_every_model_has_a_case(step: Callable[..., Any]) -> None:
    cases = "".join(path.read_text("utf-8") for path in (TESTS / "model_cases").glob("*.py"))
    assert re.search(rf"\b{step.__name__}\b", cases), f"tests/model_cases has no case with {step.__name__}"


@pytest.mark.parametrize("name", sorted({case.name for case in CASES}))
def test_cases_have_names_of_their_own(name: str) -> None:
    assert [case.name for case in CASES].count(name) == 1


@pytest.mark.parametrize("params_type", own(type, ("Params",)))
def test_every_parameter_says_its_unit_range_and_source(params_type: type) -> None:
    described = described_parameters(params_type)
    for name, hint in get_type_hints(params_type).items():
        assert hint is bool or hasattr(hint, "_fields") or name in described, f"{name} is not annotated"
    for name, parameter in described.items():
        assert parameter.lower <= parameter.upper, name
        assert parameter.source, name


@pytest.mark.parametrize("record", own(type, ("State", "Input", "Output")))
def test_every_field_says_what_it_is_and_in_which_unit(record: type) -> None:
    documented, names = field_docstrings(record), list(get_type_hints(record))
    for name in names if len(names) > 1 else ():  # that of the class says it of a single field
        assert name in documented or UNIT_SUFFIX.search(name), f"{name} has no docstring"


UNIT_SUFFIX = re.compile(r"_(w|var|va|wh|j|v|a|s|c|k|hz|ohm|f|rad|deg|m|pa|kg|m_per_s|w_per_m2|pu|rpm)$")
"""A name that ends so needs no more words where the class says the sign."""


@pytest.mark.parametrize("kind", sorted({type(tried.params) for tried in EVERY.values()}, key=str))
def test_every_preset_is_tried_out(kind: type) -> None:
    tried = " ".join(name for case in CASES for name, params in case.params.items() if type(params) is kind)
    missing = [
        name
        for name in preset_names().get(kind, ())
        if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", tried)
    ]
    assert not missing
