"""Does on import what takes a first case long, in the process from which those of all cases are forked.

Libraries are imported, and grammars and the sky of a bundled site built, once for all cases in place of once for each.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ....sim.language.expressions import parse_condition
from ....sim.language.formulas import parse_formula
from ....sim.report.of_simulation import SiteWatch
from ....sim.simulation.simulation import Simulation
from ....sim.site.graph import formulas
from ....sim.site.reader import load_site


def _warm_up() -> None:
    site = load_site("demo")
    simulation = Simulation.headless(site, start_us=site.moment_us(datetime(2026, 6, 15)), seed=0)
    watch = SiteWatch(simulation)
    simulation.run_for(timedelta(seconds=1))
    watch.report()
    for formula in formulas(site).values():
        parse_formula(formula)
    parse_condition("grid.power > 33 kW")


_warm_up()
