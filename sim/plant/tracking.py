"""Whether devices have come to what they were told."""

from __future__ import annotations

from ..components.device import Activity
from ..domain.metrics import PowerType
from ..domain.switching import Position
from ..kernel.ac_bus import offered_v
from ..kernel.ramps import is_ramping
from .capability import Capability
from .equipment import Equipment
from .numbering import TOLERANCE
from .operating_point import OperatingPoint
from .readings import Readings
from .running_machines import RunningMachines
from .set_points import SetPointsUnderWay
from .steps import first_around
from .switching import Switching


class Tracking:
    """How devices follow their set-points, by key."""

    def __init__(
        self,
        equipment: Equipment,
        point: OperatingPoint,
        set_points: SetPointsUnderWay,
        machines: RunningMachines,
        switching: Switching,
        capability: Capability,
        readings: Readings,
    ) -> None:
        """Watch a plant.

        Args:
            equipment: Its devices.
            point: What flows now.
            set_points: What has not arrived yet.
            machines: Some of which start and step in their own time.
            switching: Says who is in service.
            capability: What devices could have.
            readings: What they have.
        """
        self._equipment = equipment
        self._point = point
        self._memory = point.memory
        self._controls = point.places.controls
        self._set_points = set_points
        self._machines = machines
        self._switching = switching
        self._capability = capability
        self._readings = readings

    def is_settled(self, key: str) -> bool:
        """Say whether all set-points of a device have arrived and its ramp has ended, or cannot go on."""
        if not self._switching.in_service(key):
            return self._switching.position(key) is not Position.SWITCHING_ON
        is_held = self._capability.held_off_by(key) != 0
        has_ended = is_held or not is_ramping(self._memory, self._controls[key])
        if not has_ended or self._set_points.has_any(key):
            return False
        return self._machines.activity(key) is not Activity.STEPPING

    def has_reached(self, key: str, power_type: PowerType) -> bool:
        """Say whether a device does what its last set-point asks for.

        A set-point that is a limit, as for photovoltaics, is reached when the output keeps it; so is any that a feed-in
        limit holds back, or the frequency by a grid code, or a battery of which other inverters ask for the rest. One
        below the minimum load is reached when the device does not run; a machine that starts, or takes on load by and
        by, has taken on what it is told, and comes to it by itself. Reactive power is reached where it is what active
        power leaves of it.
        """
        self._point.solve()
        rating = self._equipment.ratings[key]
        tolerance = TOLERANCE * rating.size
        if not self._switching.in_service(key):
            return False
        if power_type is PowerType.REACTIVE:
            target_var = self._reactive_target_var(key)
            power_var = self._readings.reactive_power_var(key)
            return abs(power_var - target_var) <= max(tolerance, rating.resolution_w, rating.step_var)
        target_w: float = self._memory.controls[self._controls[key]].target_w
        return not self._capability.kept_by_code(key).contains(target_w) or self._has_come_to(key, target_w)

    def _has_come_to(self, key: str, target_w: float) -> bool:
        """Say whether a device in service has an active power [W], or what comes of it."""
        power_w, rating = self._readings.active_power_w(key), self._equipment.ratings[key]
        tolerance = TOLERANCE * rating.size
        inverter = self._equipment.inverters.get(key)
        if inverter is not None and power_w >= 0.0 and 0.0 <= target_w <= inverter.standby_power_w:
            # It draws that much whatever less it is told.
            tolerance += inverter.standby_power_w
        if rating.is_limit:
            lower_w = max(rating.active.lower, 0.0) if rating.active else 0.0
            # A charger that is told its least current at the nominal or its lowest voltage has what that makes now.
            lowest_v, highest_v = self._extreme_phases_v(key)
            told_v = min(rating.told_at_v, lowest_v)
            above = max(highest_v / told_v, 1.0) if told_v > 0.0 else 1.0
            # So has one whose first step in what clients leave is beyond what it is told.
            left = self._memory.allowed_w[self._controls[key]]
            steps = self._capability.steps(key, PowerType.ACTIVE)
            first_w = 0.0 if left is None else abs(first_around(target_w, left, steps))
            return abs(power_w) <= max(above * abs(target_w), lower_w, first_w) + tolerance
        rating = self._capability.rating_now(key)
        if abs(target_w) < rating.least_w(target_w):
            rests = abs(power_w) < (rating.least_w(power_w) or tolerance)
            return rests or (target_w < 0.0 and abs(power_w - target_w) <= tolerance)
        if self._machines.activity(key) in (Activity.STARTING, Activity.WARMING_UP, Activity.LOADING):
            return True
        keeps_limit = target_w < power_w and self._capability.is_held_back(key)
        is_less = 0.0 < abs(power_w) < abs(target_w) and power_w * target_w > 0.0
        has_its_share = is_less and self._capability.has_less_beside_others(key)
        return keeps_limit or has_its_share or abs(power_w - target_w) <= tolerance

    def _reactive_target_var(self, key: str) -> float:
        """Return the reactive power that a set-point makes: what active power leaves of it, unless that is nothing.

        Told 0, an inverter has what its grid code makes of that.
        """
        control = self._memory.controls[self._controls[key]]
        target_var: float = control.reactive_target_var
        if target_var == 0.0 and control.support_var != 0.0:
            return self._readings.reactive_power_var(key)
        lower_var, upper_var = self._capability.reactive_power_bounds(key)
        left_var = min(max(target_var, lower_var), upper_var)
        machine = self._equipment.machines.get(key)
        has_range = machine is not None and machine.reactive_range_var is not None
        return left_var if has_range or left_var != 0.0 else target_var

    def _extreme_phases_v(self, key: str) -> tuple[float, float]:
        """Return the lowest and the highest of the voltages to neutral at a device [V]."""
        self._point.solve()
        component = self._point.places.components[key]
        phases_v = [offered_v(self._point.layout, self._memory, component, phase) for phase in range(3)]
        return min(phases_v), max(phases_v)
