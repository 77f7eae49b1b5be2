"""What numbers, parameters, ratings and signals of other packages are held to; each check raises `WrongError`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...models.ac import ThreePhase
from ...models.parameter import ParameterError, check_parameters
from ..domain.ranges import Bounds
from ..files.packages import raised
from ..files.problems import with_article
from .rating import Rating
from .setting import Setting

_SHARE_TOLERANCE = 1e-6


class WrongError(Exception):
    """Something of what was returned is wrong."""

    def __init__(self, where: str, found: str, accepted: str) -> None:
        """Say what is wrong where; empty for all of it."""
        self.where, self.found, self.accepted = where, found, accepted


def quoted(value: object) -> str:
    """Return what was found, as messages quote it."""
    try:
        return repr(value)[:80]
    except Exception:  # of a stranger's class
        return with_article(type(value).__name__)


def check_number(where: str, value: object, *, lower: float = -math.inf, upper: float = math.inf) -> None:
    """Hold a value to a finite number within a range."""
    accepted = "a finite number"
    if math.isfinite(lower) and math.isfinite(upper):
        accepted = f"{lower:g}..{upper:g}"
    elif math.isfinite(lower):
        accepted = f"a finite number >= {lower:g}"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and math.isfinite(value) and lower <= value <= upper):  # type: ignore[arg-type, operator]
        raise WrongError(where, quoted(value), accepted)


def check_shares(where: str, shares: object) -> None:
    """Hold a value to shares of phases."""
    if not isinstance(shares, ThreePhase):
        raise WrongError(where, quoted(shares), "a ThreePhase, such as phase_shares((1, 2, 3))")
    for name, share in zip(shares._fields, shares, strict=True):
        check_number(f"{where}.{name}", share, lower=0.0, upper=1.0)
    if abs(sum(shares) - 1.0) > _SHARE_TOLERANCE:
        raise WrongError(where, f"that add up to {sum(shares):g}", "shares of phases that add up to 1")


def check_tuple(where: str, value: object, *, may_be_infinite: bool = False) -> None:
    """Hold a state, or a set of parameters, to a named tuple of numbers, of tables of them, and of such sets."""
    if not isinstance(value, tuple) or not hasattr(value, "_fields"):
        raise WrongError(where, quoted(value), "a named tuple of numbers")
    for name, entry in zip(value._fields, value, strict=True):
        check_entry(f"{where}.{name}" if where else name, entry, may_be_infinite=may_be_infinite)


def check_entry(where: str, value: object, *, may_be_infinite: bool) -> None:
    """Hold a value to a number, or to a tuple of numbers."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        check_tuple(where, value, may_be_infinite=may_be_infinite)
    elif isinstance(value, tuple):
        for place, entry in enumerate(value):
            check_entry(f"{where}[{place}]", entry, may_be_infinite=may_be_infinite)
    elif not isinstance(value, int | float):
        raise WrongError(where, quoted(value), "a number, or a tuple of numbers")
    elif math.isnan(value) or (math.isinf(value) and not may_be_infinite):
        raise WrongError(where, quoted(value), "a number" if may_be_infinite else "a finite number")


def check_model_params(where: str, params: Any) -> None:
    """Hold parameters to the ranges of their type."""
    if params is None:
        return
    check_tuple(where, params, may_be_infinite=True)
    try:
        check_parameters(params)
    except ParameterError as error:
        raise WrongError(f"{where}.{error.parameter}", error.found, error.accepted) from None


def check_of(where: str, params: object, wanted: type) -> None:
    """Hold a value to parameters of a type, and these to its ranges."""
    if not isinstance(params, wanted):
        raise WrongError(where, quoted(params), with_article(wanted.__name__))
    check_model_params(where, params)


def check_rating(where: str, rating: object) -> None:
    """Hold a value to a rating that can be."""
    if not isinstance(rating, Rating):
        raise WrongError(where, quoted(rating), "a Rating")
    if rating.active is None and rating.reactive is None:
        raise WrongError(
            where, "without active and reactive power", "Bounds of one of them; no rating if there are none"
        )
    for name in ("active", "reactive"):
        bounds = getattr(rating, name)
        if bounds is None:
            continue
        if not isinstance(bounds, Bounds):
            raise WrongError(f"{where}.{name}", quoted(bounds), "Bounds(lower, upper), or None")
        check_number(f"{where}.{name}.lower", bounds.lower)
        check_number(f"{where}.{name}.upper", bounds.upper, lower=bounds.lower)
    check_number(f"{where}.default_w", rating.default_w)
    if rating.active is not None:
        check_number(
            f"{where}.default_w", rating.default_w, lower=rating.active.lower, upper=rating.active.upper
        )
    if rating.ramp_rate_w_per_s != math.inf:
        check_number(f"{where}.ramp_rate_w_per_s", rating.ramp_rate_w_per_s, lower=0.0)
    for name in (
        "response_delay_s", "response_jitter_s", "response_lag_s", "resolution_w", "step_var", "minimum_w", "rest_w",
        "step_w", "told_at_v", "most_told_w",
    ):  # fmt: skip
        check_number(f"{where}.{name}", getattr(rating, name), lower=0.0)
    if rating.minimum_delivered_w is not None:
        check_number(f"{where}.minimum_delivered_w", rating.minimum_delivered_w, lower=0.0)


def check_signal(where: str, signal: Any, setting: Setting, *, may_be_infinite: bool = False) -> None:
    """Hold an input to what signals are."""
    accepted = "a signal, such as setting.signal(...) returns"
    if not (callable(getattr(signal, "at", None)) and callable(getattr(signal, "until", None))):
        raise WrongError(where, quoted(signal), accepted)
    if not isinstance(getattr(signal, "ends_us", None), int):
        raise WrongError(f"{where}.ends_us", quoted(getattr(signal, "ends_us", None)), accepted)
    now_us = setting.start_us
    value: float = called(f"{where}.at", signal.at, now_us)
    check_entry(f"{where}.at({now_us})", value, may_be_infinite=may_be_infinite)
    until_us = called(f"{where}.until", signal.until, now_us)
    if not isinstance(until_us, int) or until_us <= now_us:
        raise WrongError(f"{where}.until({now_us})", quoted(until_us), "a later time, in whole microseconds")


def check_pair(where: str, limits: Any) -> None:
    """Hold a value to a lower and an upper number."""
    check_two(where, limits, "a pair: lower and upper")
    check_number(f"{where}[0]", limits[0])
    check_number(f"{where}[1]", limits[1], lower=limits[0])


def check_two(where: str, values: Any, accepted: str) -> None:
    """Hold a value to a tuple of two."""
    if not isinstance(values, tuple) or len(values) != 2:
        raise WrongError(where, quoted(values), accepted)


def called(where: str, function: Callable[..., Any], *given: Any) -> Any:
    """Return what a function returns; `WrongError` if it raises."""
    try:
        return function(*given)
    except (Exception, SystemExit) as error:
        raise WrongError(where, f"that raises {raised(error)}", "a function that returns") from error
