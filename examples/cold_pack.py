"""A battery in the cold, in the warmth and in the heat: what its management system allows, and when it trips.

    python examples/cold_pack.py

Ten simulated hours pass in about a second. The pack may hardly be charged in the cold, takes full power once warm,
trips in hot air, refuses to be acknowledged until it has cooled, and is started again.
"""

from datetime import UTC, datetime, timedelta

from doppelgrid import Simulation, Site
from doppelgrid.sim.domain.messages import WrongStateError
from doppelgrid.sim.domain.metrics import Metric, PowerType

INVERTER, BATTERY = 11, 12
SITE = Site.model_validate(
    {
        "microgrid": {"id": 7},
        "ambient_temperature": "2 °C",
        "telemetry": {"interval": "1 min"},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            "inv": {"id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": "50 kW"},
            "bat": {
                "id": BATTERY,
                "category": "battery",
                "behind": "inv",
                "preset": "lfp-92kwh",
                "bms": {"overtemperature": {"trip": "50 °C", "release": "40 °C"}},
            },
        },
    }
)


def main() -> None:
    """Tell the story, a line at a time."""
    start = datetime(2026, 1, 15, 6, tzinfo=UTC)
    simulation = Simulation.headless(SITE, start_us=round(start.timestamp() * 1e6))
    gateway = simulation.gateway

    def tell(**passing: float) -> None:
        """Let simulated time pass, and print what the battery reports then."""
        simulation.run_for(timedelta(**passing))
        frame = gateway.frame(BATTERY)
        (allowed,) = frame.bounds[Metric.DC_POWER]
        told = " ".join(diagnostic.code for diagnostic in (*frame.errors, *frame.warnings))
        print(
            f"{start + timedelta(microseconds=simulation.now_us - simulation.start_us):%H:%M:%S}"
            f"  {frame.values[Metric.BATTERY_TEMPERATURE]:5.1f} °C  {frame.values[Metric.DC_POWER] / 1e3:5.1f} kW"
            f" of {allowed.lower / 1e3:5.1f}..{allowed.upper / 1e3:4.1f} kW  {' '.join(frame.states)}  {told}".rstrip()
        )

    print("Charging in the cold:")
    tell(seconds=1)
    gateway.set_power(INVERTER, PowerType.ACTIVE, 9e3, 900)
    tell(minutes=10)
    print("In air of 20 °C:")
    simulation.drive("site", "ambient_temperature", 20.0)
    tell(hours=3)
    gateway.set_power(INVERTER, PowerType.ACTIVE, 45e3, 900)
    tell(minutes=10)
    print("In air of 80 °C:")
    simulation.drive("site", "ambient_temperature", 80.0)
    tell(minutes=40)
    while not gateway.frame(BATTERY).errors:
        simulation.run_for(timedelta(seconds=1))
    tell(seconds=1)
    try:
        gateway.acknowledge(BATTERY)
    except WrongStateError as error:
        print(f"          {error}")
    print("In air of 20 °C again:")
    simulation.drive("site", "ambient_temperature", 20.0)
    tell(hours=2)
    gateway.acknowledge(BATTERY)
    tell(seconds=1)
    gateway.start(BATTERY)
    tell(seconds=3)
    gateway.set_power(INVERTER, PowerType.ACTIVE, 45e3, 900)
    tell(seconds=10)


if __name__ == "__main__":
    main()
