"""What a charger's cable is called by the Microgrid API."""

from __future__ import annotations

from ....models.ev_charger import LOCKED, PLUGGED

UNPLUGGED_CODE = "EV_CHARGING_CABLE_UNPLUGGED"
_AT_STATION = {PLUGGED: "EV_CHARGING_CABLE_PLUGGED_AT_STATION", LOCKED: "EV_CHARGING_CABLE_LOCKED_AT_STATION"}
_AT_CAR = {PLUGGED: "EV_CHARGING_CABLE_PLUGGED_AT_EV", LOCKED: "EV_CHARGING_CABLE_LOCKED_AT_EV"}


def cable_codes(at_station: int, at_car: int) -> tuple[str, ...]:
    """Return the state codes of a cable, by the names of the API.

    A code for each end that is in a socket or inlet, and the one of an unplugged cable where neither is. A cable
    without a car is so one code, and clients that want both ends see no car.

    Args:
        at_station: What `ev_cable_at_station` says.
        at_car: What `ev_cable_at_car` says.
    """
    codes = tuple(names[end] for names, end in ((_AT_STATION, at_station), (_AT_CAR, at_car)) if end in names)
    return codes or (UNPLUGGED_CODE,)
