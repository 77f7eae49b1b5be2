"""What packages need that bring hardware of their own; `docs/adding-hardware.md` leads through it."""

from .models.ac import ThreePhase, phase_shares
from .models.ageing import AgeingParams, CalendarParams, CycleParams
from .models.battery import BatteryParams
from .models.battery_auxiliary import AuxiliaryParams
from .models.bms import BmsParams
from .models.bms_balance import BalanceParams
from .models.bms_link import LinkParams
from .models.bms_protection import ProtectionParams
from .models.cell_spread import CellSpreadParams
from .models.grid_code import GridCodeParams
from .models.grid_guard import GridGuardParams
from .models.grid_support import FreqWattParams, VoltVarParams, WattPfParams, WattVarParams
from .models.inverter import InverterParams
from .models.load import LoadParams
from .models.meter import MeterParams
from .models.parameter import Parameter, ParameterError, check_parameters
from .models.pv import ModuleParams, PvArrayParams
from .models.pv_spectrum import SpectrumParams
from .models.soc_estimate import SocEstimateParams
from .models.throughput import ThroughputParams
from .sim.components.captions import kilowatts
from .sim.components.component_type import (
    AC_PARENTS,
    DC_PARENTS,
    BatterySystem,
    Built,
    ComponentType,
    Converting,
    Way,
)
from .sim.components.device import (
    ACTIVE_LOWER_BOUND,
    ACTIVE_SHARE,
    ACTIVE_UPPER_BOUND,
    AMBIENT,
    ARRAY_POWER,
    ARRAY_VOLTAGE,
    NOTHING,
    REACTIVE_LOWER_BOUND,
    REACTIVE_SET_POINT,
    REACTIVE_UPPER_BOUND,
    SET_POINT,
    UPPER_BOUND,
    Activity,
    Machine,
)
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
from .sim.inputs.daily import Day, DayMaker, WallClock
from .sim.inputs.location import Location
from .sim.inputs.packaged import LoadProfile
from .sim.inputs.profiles.spectral import Air
from .sim.inputs.signal import Signal, Steps

OUR_TYPES = {kind.name: kind for kind in OURS}
"""Component types of this package by name, for those that are like one of them but for a part."""

__all__ = [
    "ACTIVE_LOWER_BOUND",
    "ACTIVE_SHARE",
    "ACTIVE_UPPER_BOUND",
    "AC_PARENTS",
    "AMBIENT",
    "ARRAY_POWER",
    "ARRAY_VOLTAGE",
    "CONTACTOR",
    "DC_PARENTS",
    "NOTHING",
    "OF_AN_INVERTER",
    "OUR_TYPES",
    "REACTIVE_LOWER_BOUND",
    "REACTIVE_SET_POINT",
    "REACTIVE_UPPER_BOUND",
    "SET_POINT",
    "UPPER_BOUND",
    "Activity",
    "AgeingParams",
    "Air",
    "AuxiliaryParams",
    "BalanceParams",
    "BatteryParams",
    "BatterySystem",
    "BmsParams",
    "Bounds",
    "Built",
    "BuiltInControl",
    "CalendarParams",
    "Category",
    "CellSpreadParams",
    "ComponentSection",
    "ComponentType",
    "Converting",
    "CycleParams",
    "Day",
    "DayMaker",
    "DeviceModel",
    "FlexibleDevice",
    "FreqWattParams",
    "GridCodeParams",
    "GridFacts",
    "GridGuardParams",
    "InverterParams",
    "InverterSection",
    "LinkParams",
    "LoadParams",
    "LoadProfile",
    "Location",
    "Machine",
    "MeterParams",
    "Metering",
    "ModuleParams",
    "NonNegativePower",
    "Parameter",
    "ParameterError",
    "Phases",
    "ProtectionParams",
    "PvArrayParams",
    "RatedMachine",
    "Rating",
    "Section",
    "Setting",
    "Shown",
    "Signal",
    "SocEstimateParams",
    "SolarArray",
    "SpectrumParams",
    "StateCode",
    "Steps",
    "Switchgear",
    "ThreePhase",
    "ThroughputParams",
    "Unit",
    "VoltVarParams",
    "WallClock",
    "WattPfParams",
    "WattVarParams",
    "Way",
    "WiredLoad",
    "check_parameters",
    "kilowatts",
    "phase_shares",
    "refuse",
    "written",
]
