"""What packages need that bring hardware of their own; `docs/adding-hardware.md` leads through it."""

from .models.ac import phase_shares
from .models.parameter import Parameter, ParameterError, check_parameters
from .sim.components.captions import kilowatts
from .sim.components.component_type import (
    AC_PARENTS,
    DC_PARENTS,
    BatterySystem,
    Built,
    ComponentType,
    Converting,
)
from .sim.components.device import AMBIENT, REACTIVE_SET_POINT, SET_POINT, Activity, Machine
from .sim.components.device_model import DeviceModel
from .sim.components.rating import Rating
from .sim.components.section import ComponentSection, FlexibleDevice, RatedMachine
from .sim.components.setting import GridFacts, Setting
from .sim.components.switchgear import CONTACTOR, OF_AN_INVERTER, Shown, Switchgear
from .sim.domain.categories import Category
from .sim.domain.ranges import Bounds
from .sim.domain.states import StateCode
from .sim.files.sections import Phases, Section, refuse, written
from .sim.files.units import NonNegativePower, Unit
from .sim.inputs.daily import Day, WallClock
from .sim.inputs.profiles.packaged import LoadProfile
from .sim.inputs.signal import Signal, Steps

__all__ = [
    "AC_PARENTS",
    "AMBIENT",
    "CONTACTOR",
    "DC_PARENTS",
    "OF_AN_INVERTER",
    "REACTIVE_SET_POINT",
    "SET_POINT",
    "Activity",
    "BatterySystem",
    "Bounds",
    "Built",
    "Category",
    "ComponentSection",
    "ComponentType",
    "Converting",
    "Day",
    "DeviceModel",
    "FlexibleDevice",
    "GridFacts",
    "LoadProfile",
    "Machine",
    "NonNegativePower",
    "Parameter",
    "ParameterError",
    "Phases",
    "RatedMachine",
    "Rating",
    "Section",
    "Setting",
    "Shown",
    "Signal",
    "StateCode",
    "Steps",
    "Switchgear",
    "Unit",
    "WallClock",
    "check_parameters",
    "kilowatts",
    "phase_shares",
    "refuse",
    "written",
]
