"""What packages need that bring hardware of their own; `docs/adding-hardware.md` leads through it."""

from .models.ac import ThreePhase, phase_shares
from .models.ageing import AgeingParams
from .models.battery import BatteryParams
from .models.bms import BmsParams
from .models.grid_guard import GridGuardParams
from .models.inverter import InverterParams
from .models.load import LoadParams
from .models.meter import MeterParams
from .models.parameter import Parameter, ParameterError, check_parameters
from .models.pv import PvArrayParams
from .models.throughput import ThroughputParams
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
from .sim.components.inverter import BuiltInControl, InverterSection
from .sim.components.load import WiredLoad
from .sim.components.metering import Metering
from .sim.components.ours import OURS
from .sim.components.rating import Rating
from .sim.components.section import ComponentSection, FlexibleDevice, RatedMachine
from .sim.components.setting import GridFacts, Setting
from .sim.components.solar_array import SolarArray
from .sim.components.switchgear import CONTACTOR, OF_AN_INVERTER, Shown, Switchgear
from .sim.domain.categories import Category
from .sim.domain.ranges import Bounds
from .sim.domain.states import StateCode
from .sim.files.sections import Phases, Section, refuse, written
from .sim.files.units import NonNegativePower, Unit
from .sim.inputs.daily import Day, WallClock
from .sim.inputs.packaged import LoadProfile
from .sim.inputs.signal import Signal, Steps

OUR_TYPES = {kind.name: kind for kind in OURS}
"""Component types of this package by name, for those that are like one of them but for a part."""

__all__ = [
    "AC_PARENTS",
    "AMBIENT",
    "CONTACTOR",
    "DC_PARENTS",
    "OF_AN_INVERTER",
    "OUR_TYPES",
    "REACTIVE_SET_POINT",
    "SET_POINT",
    "Activity",
    "AgeingParams",
    "BatteryParams",
    "BatterySystem",
    "BmsParams",
    "Bounds",
    "Built",
    "BuiltInControl",
    "Category",
    "ComponentSection",
    "ComponentType",
    "Converting",
    "Day",
    "DeviceModel",
    "FlexibleDevice",
    "GridFacts",
    "GridGuardParams",
    "InverterParams",
    "InverterSection",
    "LoadParams",
    "LoadProfile",
    "Machine",
    "MeterParams",
    "Metering",
    "NonNegativePower",
    "Parameter",
    "ParameterError",
    "Phases",
    "PvArrayParams",
    "RatedMachine",
    "Rating",
    "Section",
    "Setting",
    "Shown",
    "Signal",
    "SolarArray",
    "StateCode",
    "Steps",
    "Switchgear",
    "ThreePhase",
    "ThroughputParams",
    "Unit",
    "WallClock",
    "WiredLoad",
    "check_parameters",
    "kilowatts",
    "phase_shares",
    "refuse",
    "written",
]
