"""Refusals that commands of all kinds have in common."""

from __future__ import annotations

from collections.abc import Iterable

from ..domain.messages import WrongStateError
from ..domain.switching import Position
from ..plant.plant import Plant
from ..site.graph import listed_keys

_MOST_NAMES = 20
"""That a refusal tells."""


def named(names: Iterable[object]) -> str:
    """Return names for a refusal, of many the first ones."""
    known = [str(name) for name in names]
    shown = ", ".join(known[:_MOST_NAMES]) + (", …" if len(known) > _MOST_NAMES else "")
    return shown or "none here"


def offered(plant: Plant, keys: Iterable[str]) -> str:
    """Return which components could take what another one is refused: those of them that clients are told of."""
    told = set(listed_keys(plant.site))
    return named(key for key in keys if key in told)


def check_takes_commands(plant: Plant, key: str) -> None:
    """Refuse what a component that takes no commands is told.

    Raises:
        WrongStateError: If it is for telemetry only, or a mere recording.
    """
    reason = plant.refusal(key)
    if reason is not None:
        raise WrongStateError(f"{key} takes no commands: {reason}; accepted: requests for its telemetry")


def check_ready(plant: Plant, key: str) -> None:
    """Refuse a set-point that a component could not follow; from standby it wakes.

    Raises:
        WrongStateError: If it has tripped, is switched off, or the grid does not reach it.
    """
    tripped = plant.protection.error(key)
    if tripped is not None:
        raise WrongStateError(
            f"{key} takes no commands: {tripped.message}; accepted: commands once that is acknowledged"
        )
    if plant.switching.position(key) in (Position.OFF, Position.SWITCHING_OFF):
        raise WrongStateError(
            f"{key} takes no commands: it is switched off; accepted: commands once it is started"
        )
    if plant.switching.is_cut_off(key):
        raise WrongStateError(
            f"{key} takes no commands: it is cut off from the grid; accepted: commands once it is not"
        )
