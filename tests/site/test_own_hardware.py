"""Component types and load profiles from another installed package, as `examples/own_hardware` brings them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.lengthy

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_hardware"


def install(folder: Path, source: Path) -> Path:
    """Put a package beside the others, as `pip install` would."""
    copy = folder / "source"
    shutil.copytree(source, copy)
    target = folder / "installed"
    words = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--target", str(target), str(copy)]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, capture_output=True)
    return target


def as_installed(folder: Path, package: str, types: str) -> None:
    """Put beside a module what an installer would write down of its package."""
    name, version = package.split()
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (about / "entry_points.txt").write_text(f"[doppelgrid.component_types]\n{types}\n")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("own"), EXAMPLE)


def changed(installed: Path, folder: Path, old: str, new: str, module_name: str = "generator.py") -> Path:
    """Put the installed example into a folder once more, with another text in a module."""
    copy = folder / "changed"
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("__pycache__"))
    module = copy / "own_hardware" / module_name
    text = module.read_text()
    assert old in text
    module.write_text(text.replace(old, new))
    return copy


def run(code: str, *paths: Path, cwd: Path = EXAMPLE) -> subprocess.CompletedProcess[str]:
    ours = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, paths), *filter(None, ours)])}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=environment, cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


LIVE = """
    import json
    from datetime import timedelta
    import doppelgrid
    from doppelgrid.sim.domain.metrics import PowerType

    site = doppelgrid.load_site("bakery.yaml")
    simulation = doppelgrid.Simulation.headless(site, start_us=1_781_500_000_000_000, seed=1)
    simulation.gateway.set_power(21, PowerType.ACTIVE, -15e3, 900)
    simulation.run_for(timedelta(minutes=10))
    info = next(each for each in simulation.gateway.components() if each.id == 21)
    shown = {
        "power": simulation.plant.readings.flows().ac["generator"].active_w,
        "fuel": simulation.plant.machines.state("generator").fuel_l,
        "category": info.category,
        "ovens": simulation.plant.readings.flows().ac["ovens"].active_w,
    }
    print(json.dumps(shown))
"""


def test_a_generator_with_a_model_of_its_own_runs_live(installed: Path) -> None:
    done = run(LIVE, installed)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["power"] == -15e3
    # 0.6 l/h for running, and 0.24 l/kWh; nothing in the first second, until the set-point has arrived.
    assert shown["fuel"] == pytest.approx(60.0 - (0.6 + 0.24 * 15.0) * 599 / 3600, abs=1e-6)
    assert shown["category"] == "chp"
    assert shown["ovens"] > 0.0


@pytest.mark.slow
def test_the_example_holds_its_own_tests(installed: Path) -> None:
    done = run(
        "import pytest; raise SystemExit(pytest.main(['-q', '-p', 'no:cacheprovider', 'test_own_hardware.py']))",
        installed,
    )
    assert done.returncode == 0, done.stdout + done.stderr


BOTH = """
    from datetime import datetime, timedelta
    import numpy as np
    import doppelgrid
    from doppelgrid.sim.headless.run import HeadlessRun
    from doppelgrid.sim.plant.plant import Plant

    site = doppelgrid.load_site("night.yaml")
    start_us, second = site.moment_us(datetime(2026, 6, 15, 1, 30)), 1_000_000
    run = HeadlessRun(site, start_us=start_us, seed=1, resolution=timedelta(seconds=1))
    compiled = np.concatenate([chunk.samples.active_w for chunk in run.chunks(timedelta(hours=2))])
    live, rows = Plant(site, start_us=start_us, seed=1, cycle_us=second), []
    for number in range(len(compiled)):
        live.advance(start_us + number * second)
        rows.append([power_w for flow in live.readings.flows().ac.values() for power_w in (flow.p1, flow.p2, flow.p3)])
    assert np.array_equal(compiled, np.array(rows))
    assert run.plant.machines.state("generator") == live.machines.state("generator")
    assert live.machines.state("generator").fuel_l == 0.0
"""


@pytest.mark.slow
def test_compiled_a_model_of_a_package_does_the_same_to_the_last_bit(installed: Path) -> None:
    done = run(BOTH, installed)
    assert done.returncode == 0, done.stderr


VAULT = """
    from dataclasses import replace
    from typing import Literal
    from doppelgrid.hardware import OUR_TYPES, Built

    class Battery(OUR_TYPES["battery"].section):
        category: Literal["vault_battery"]

    class BatteryInverter(OUR_TYPES["battery_inverter"].section):
        category: Literal["vault_battery_inverter"]

    class Breaker(OUR_TYPES["breaker"].section):
        category: Literal["vault_breaker"]

    class Meter(OUR_TYPES["meter"].section):
        category: Literal["vault_meter"]

    class PvInverter(OUR_TYPES["pv_inverter"].section):
        category: Literal["vault_pv_inverter"]

    TYPES = [
        replace(OUR_TYPES[name], name=f"vault_{name}", section=section)
        for name, section in [
            ("battery", Battery),
            ("battery_inverter", BatteryInverter),
            ("breaker", Breaker),
            ("meter", Meter),
            ("pv_inverter", PvInverter),
        ]
    ]
"""
VAULT_SITE = """
    microgrid: {id: 4711, name: Vault}
    components:
      grid:    {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}
      main:    {id: 2, category: vault_meter, behind: grid, load: 4 kW}
      bat-inv: {id: 11, category: vault_battery_inverter, behind: main, rated_power: 15 kW}
      switch:  {id: 13, category: vault_breaker, behind: bat-inv, closing_time: 2 s}
      battery: {id: 12, category: vault_battery, behind: switch, initial_soc: 60 %}
      sun:     {id: 21, category: vault_pv_inverter, behind: main, rated_power: 10 kW, power: 6 kW}
"""
TOLD = """
    import json, sys
    from datetime import timedelta
    import doppelgrid
    from doppelgrid.sim.domain.metrics import PowerType

    site = doppelgrid.load_site(sys.stdin.read())
    simulation = doppelgrid.Simulation.headless(site, start_us=1_781_500_000_000_000, seed=1)
    gateway, told = simulation.gateway, []
    for act in (
        lambda: gateway.set_power(11, PowerType.ACTIVE, -8e3, 900),
        lambda: gateway.standby(11),
        lambda: gateway.start(11),
        lambda: gateway.stop(13),
        lambda: gateway.start(13),
        lambda: gateway.stop(12),
        lambda: gateway.stop(21),
    ):
        act()
        for _ in range(4):
            simulation.run_for(timedelta(seconds=1))
            told.append(str([gateway.frame(part.id) for part in site.components.values()]))
    print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vault")
    (folder / "vault.py").write_text(textwrap.dedent(VAULT))
    as_installed(folder, "vault 1.0", "vault = vault:TYPES")
    return folder


def test_batteries_inverters_and_switches_of_a_package_do_and_say_what_ours_do(
    vault: Path, tmp_path: Path
) -> None:
    told = {}
    for name, text in {"theirs": VAULT_SITE, "ours": VAULT_SITE.replace("vault_", "")}.items():
        site = tmp_path / f"{name}.yaml"
        site.write_text(textwrap.dedent(text))
        done = run(TOLD.replace("sys.stdin.read()", repr(str(site))), vault)
        assert done.returncode == 0, done.stderr
        told[name] = json.loads(done.stdout)
    assert told["theirs"] == told["ours"]
    assert "RELAY_OPEN" in told["ours"][-1]


def test_a_battery_of_a_package_that_builds_none_is_named(vault: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(textwrap.dedent(VAULT_SITE))
    code = f"""
        import dataclasses, vault
        vault.TYPES[0] = dataclasses.replace(vault.TYPES[0], build=lambda section, setting: vault.Built())
        import doppelgrid
        doppelgrid.Simulation.headless(doppelgrid.load_site({str(site)!r}), start_us=0, seed=1)
    """
    done = run(code, vault)
    assert (
        "component type 'vault_battery' builds battery without battery, which every battery has;"
        " accepted: Built(battery=...)" in done.stderr
    )


def test_a_site_that_names_a_type_without_its_package_is_told_the_ones_that_there_are(tmp_path: Path) -> None:
    done = run("import doppelgrid; doppelgrid.load_site('bakery.yaml')", tmp_path)
    assert (
        "bakery.yaml:10: generator.category is 'diesel_generator'; accepted: grid_connection_point"
        in done.stderr
    )
    assert "ovens.load.profile is 'bakery'; accepted: constant" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'Literal["diesel_generator"]',
            'Literal["generator"]',
            "accepted: Literal['diesel_generator'], the name",
        ),
        ("    build=build,\n", "", "build is not given; accepted: a function that returns a Built"),
        (
            "    tank_l: Volume",
            '    more: "Missing" = 1\n    tank_l: Volume',
            "PydanticUndefinedAnnotation",
        ),
        ("import math", "import sys; sys.exit('bye')", "SystemExit: bye"),
        ("import math", "import maths", "ModuleNotFoundError: No module named 'maths'"),
    ],
)
def test_what_is_wrong_with_a_package_is_said_with_its_name(
    installed: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    """What else can be, `test_component_types.py` asks of types that no package need be installed for."""
    broken = changed(installed, tmp_path, old, new)
    done = run("import doppelgrid; doppelgrid.load_site('bakery.yaml')", broken)
    assert "generator.category is 'diesel_generator'" in done.stderr
    assert (
        "package own-hardware 0.1.0: entry point diesel_generator = own_hardware.generator:TYPE"
        in done.stderr
    )
    assert said in done.stderr


@pytest.mark.parametrize(
    ("old", "before", "said"),
    [
        (
            "    left_l = ",
            "    state.fuel_l < 59.99 and 1 / 0\n",
            "step raises ZeroDivisionError: division by zero (gen",
        ),
        (
            "    return max(state.fuel_l",
            "    if state.fuel_l < 59.99:\n        return math.nan\n",
            "horizon_s returns nan; accepted: a number of seconds, or math.inf",
        ),
    ],
)
def test_a_model_that_goes_wrong_while_a_site_runs_stops_it_with_its_name(
    installed: Path, tmp_path: Path, old: str, before: str, said: str
) -> None:
    broken = changed(installed, tmp_path, old, f"{before}{old}", "generator_model.py")
    site = tmp_path / "site.yaml"
    site.write_text(
        "microgrid: {id: 1}\n"
        "components:\n"
        "  grid: {id: 1, category: grid_connection_point}\n"
        "  mill: {id: 2, category: diesel_generator, behind: grid, rated_power: 20 kW, tank: 60 l, base_power: 20 kW}\n"
    )
    program = f"""
        import doppelgrid
        from datetime import timedelta
        from doppelgrid.sim.domain.metrics import PowerType
        simulation = doppelgrid.Simulation.headless(doppelgrid.load_site({str(site)!r}), start_us=1_781_517_600_000_000)
        simulation.run_for(timedelta(minutes=5))
        simulation.gateway.set_power(2, PowerType.ACTIVE, -10e3, 900)
        simulation.run_for(timedelta(minutes=5))
    """
    done = run(program, broken)
    assert (
        f"package own-hardware 0.1.0: component type 'diesel_generator' runs mill with a model whose {said}"
        in done.stderr
    )


def test_a_broken_package_keeps_nobody_from_other_sites_and_check_tells_of_it(
    installed: Path, tmp_path: Path
) -> None:
    done = run(
        "import sys; from doppelgrid.cli.main import app; sys.argv[1:] = ['check', 'demo']; app()",
        changed(installed, tmp_path, "import math", "raise RuntimeError('no')"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Berlin demo (microgrid 2200, Europe/Berlin)\n")
    assert done.stderr == (
        "not usable: package own-hardware 0.1.0: entry point diesel_generator = own_hardware.generator:TYPE:"
        " RuntimeError: no\n"
    )


def put_beside(folder: Path, generator: str) -> Path:
    """Put the generator of the example beside the others, as an installed package of one module."""
    (folder / "evil.py").write_text(generator)
    as_installed(folder, "evil 0.1", "diesel_generator = evil:TYPE")
    (folder / "site.yaml").write_text(
        textwrap.dedent("""
            microgrid: {id: 1}
            components:
              grid:      {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}
              generator: {id: 2, category: diesel_generator, behind: grid, rated_power: 15 kW}
        """)
    )
    return folder


@pytest.mark.parametrize("words", [["check", "site.yaml"], ["simulate", "site.yaml", "--duration", "1min"]])
def test_a_package_that_builds_what_cannot_run_is_told_in_one_line(tmp_path: Path, words: list[str]) -> None:
    text = (EXAMPLE / "own_hardware" / "generator.py").read_text()
    changed = text.replace("phase_shares(generator.phases)", "(1.0,)")
    assert changed != text
    done = run(
        f"import sys; from doppelgrid.cli.main import app; sys.argv[1:] = {words!r}; app()",
        put_beside(tmp_path, changed),
        EXAMPLE,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "package evil 0.1: component type 'diesel_generator' builds generator with machine.shares (1.0,);"
        " accepted: a ThreePhase, such as phase_shares((1, 2, 3))"
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("on_lapse", ["7 kW", "-2 kW"])
def test_what_a_generator_falls_back_on_is_held_to_what_it_can_be_told(tmp_path: Path, on_lapse: str) -> None:
    folder = put_beside(tmp_path, (EXAMPLE / "own_hardware" / "generator.py").read_text())
    site = tmp_path / "site.yaml"
    site.write_text(site.read_text().replace("15 kW}", f"15 kW, on_lapse: {on_lapse}}}"))
    done = run(
        "import sys; from doppelgrid.cli.main import app; sys.argv[1:] = ['check', 'site.yaml']; app()",
        folder,
        EXAMPLE,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "package evil 0.1: component type 'diesel_generator' builds generator whose on_lapse is "
        f"{on_lapse}; accepted: 0 W or -15 kW to -4.5 kW, what it can be told",
    )


def test_check_takes_a_package_that_builds_what_can_run(tmp_path: Path) -> None:
    text = (EXAMPLE / "own_hardware" / "generator.py").read_text()
    done = run(
        "import sys; from doppelgrid.cli.main import app; sys.argv[1:] = ['check', 'site.yaml']; app()",
        put_beside(tmp_path, text),
        EXAMPLE,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_section_of_a_package_that_raises_is_told_with_its_line(tmp_path: Path) -> None:
    text = (EXAMPLE / "own_hardware" / "generator.py").read_text()
    at = '    category: Literal["diesel_generator"]\n'
    raising = """
    @field_validator("rated_power_w")
    @classmethod
    def _raise(cls, _value: float) -> float:
        raise RuntimeError("boo")
"""
    changed = text.replace(at, at + raising).replace("import Field", "import Field, field_validator")
    done = run(
        "import sys; from doppelgrid.cli.main import app; sys.argv[1:] = ['check', 'site.yaml']; app()",
        put_beside(tmp_path, changed),
        EXAMPLE,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (
        2,
        "site.yaml:5: generator is of component type 'diesel_generator' of package evil 0.1, whose section raises"
        " RuntimeError: boo; accepted: a section that takes or refuses what is said\n",
    )
