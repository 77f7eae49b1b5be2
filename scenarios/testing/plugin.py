"""The pytest plugin: sites as fixtures, and tests that live in the time of their site.

pytest imports this module at every start, whatever is tested: nothing of the simulator is imported before a test
asks for one of the fixtures.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .environment import Environment
    from .site import SiteHandle

_ENVIRONMENT: pytest.StashKey[Environment] = pytest.StashKey()
_FIXTURES = {"site": "_doppelgrid_lockstep", "live_site": "_doppelgrid_live"}
_DEFAULT_OUTPUT = ".doppelgrid"
_MARKER = (
    "site(source, *, start, seed, interval, speed, longest, allow_real_io): which site the fixtures `site` and "
    "`live_site` give the test: a bundled name, a path relative to the test file, YAML text or a Site"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let users say where pictures of failed tests go."""
    group = parser.getgroup("doppelgrid")
    group.addoption(
        "--doppelgrid-output",
        metavar="DIR",
        default=None,
        help=f"folder for pictures of failed tests; {_DEFAULT_OUTPUT} under the root directory if not given",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def site(_doppelgrid_lockstep: SiteHandle) -> SiteHandle:
    """A simulated site in virtual time; the test, its application and the site share one event loop."""
    return _doppelgrid_lockstep


@pytest.fixture
def live_site(_doppelgrid_live: SiteHandle) -> SiteHandle:
    """A simulated site behind a real socket, in real time."""
    return _doppelgrid_live


@pytest.fixture
def _doppelgrid_lockstep(request: pytest.FixtureRequest) -> Iterator[SiteHandle]:
    from ..lockstep.virtual_time import Limits  # noqa: PLC0415
    from .environment import VirtualEnvironment  # noqa: PLC0415

    _check_test(request, "site")
    options = _options(request, live=False)
    environment = VirtualEnvironment(
        options.site,
        start_us=options.start_us,
        seed=options.seed,
        longest_us=options.longest_us,
        limits=Limits(allow_real_io=options.allow_real_io),
        name=options.name,
    )
    yield from _inhabit(request, environment)


@pytest.fixture
def _doppelgrid_live(request: pytest.FixtureRequest) -> Iterator[SiteHandle]:
    from ...proto.serving.site_server import SiteServer  # noqa: PLC0415
    from ...sim.domain.timestamps import to_datetime  # noqa: PLC0415
    from .environment import LiveEnvironment  # noqa: PLC0415

    _check_test(request, "live_site")
    options = _options(request, live=True)
    start = to_datetime(options.start_us)
    server = SiteServer(options.site, start=start, seed=options.seed, speed=options.speed)
    yield from _inhabit(request, LiveEnvironment(server, name=options.name))


def _inhabit(request: pytest.FixtureRequest, environment: Environment) -> Iterator[SiteHandle]:
    item = request.node
    item.stash[_ENVIRONMENT] = environment
    try:
        yield environment.site
    finally:
        del item.stash[_ENVIRONMENT]
        environment.close()
    unused = next((promise for promise in environment.site.promises if not promise.used), None)
    if unused is not None:
        pytest.fail(f"{unused} was never watched; await it with for_=, or use it with `with`", pytrace=False)


def _options(request: pytest.FixtureRequest, *, live: bool) -> Any:
    from .options import site_options  # noqa: PLC0415

    try:
        return site_options(request, live=live)
    except (ValueError, TypeError) as error:
        message = f"{request.node.nodeid}: {error}"
    # Outside of the block, so that nothing is said of an error during the handling of another.
    pytest.fail(message, pytrace=False)


def _check_test(request: pytest.FixtureRequest, name: str) -> None:
    """Refuse a site to tests that cannot live in its time."""
    if request.node.stash.get(_ENVIRONMENT, None) is not None:
        pytest.fail("site and live_site are used together; accepted: one of them in a test", pytrace=False)
    if not inspect.iscoroutinefunction(_innermost(request.node.obj)):
        pytest.fail(
            f"{request.node.name} is not a coroutine; the fixture {name} is accepted in `async def` tests only",
            pytrace=False,
        )


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that has a site in the environment of that site, whichever other plugin would run it."""
    environment = pyfuncitem.stash.get(_ENVIRONMENT, None)
    if environment is None:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    test = _innermost(pyfuncitem.obj)
    try:
        environment.run(test(**arguments), name="test")
    finally:
        # A failed test is the one whose digest is asked for.
        pyfuncitem.user_properties += [
            ("doppelgrid-seed", environment.site.seed),
            ("doppelgrid-digest", environment.site.digest),
        ]
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Run the async fixtures of a test that has a site on the loop of that site."""
    if fixturedef.scope != "function" or not _is_async(fixturedef.func) or not _asks_for_site(request):
        return (yield)
    synchronous = _synchronous(_bound(fixturedef.func, request), request.node.stash[_ENVIRONMENT], request)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixturedef, "func", synchronous)
        return (yield)


def _asks_for_site(request: pytest.FixtureRequest) -> bool:
    """Say whether a fixture belongs to a test that has a site; if so, the site is there afterwards."""
    definitions = getattr(request.node, "_fixtureinfo", None)
    for name, inner in _FIXTURES.items():
        found = definitions.name2fixturedefs.get(name, ()) if definitions is not None else ()
        if any(each.func.__module__ == __name__ for each in found):
            request.getfixturevalue(inner)
    return request.node.stash.get(_ENVIRONMENT, None) is not None


def _synchronous(
    function: Callable[..., Any], environment: Environment, request: pytest.FixtureRequest
) -> Callable[..., Any]:
    """Return an async fixture as an ordinary one."""

    def coroutine_fixture(**arguments: Any) -> Any:
        return environment.run(function(**arguments))

    def generator_fixture(**arguments: Any) -> Any:
        generator = function(**arguments)
        value = environment.run(_begin(generator))
        request.addfinalizer(lambda: environment.run(_finish(generator)))
        return value

    return generator_fixture if inspect.isasyncgenfunction(function) else coroutine_fixture


async def _begin(generator: Any) -> Any:
    return await anext(generator)


async def _finish(generator: Any) -> None:
    try:
        await anext(generator)
    except StopAsyncIteration:
        return
    raise RuntimeError(f"async fixture {generator.__qualname__} yields twice; accepted: one yield")


def _is_async(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _bound(function: Any, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return a fixture's function; that of a class bound to the test's instance."""
    if request.instance is None or not inspect.ismethod(function):
        return function  # type: ignore[no-any-return]
    return function.__func__.__get__(request.instance)  # type: ignore[no-any-return]


def _innermost(function: Any) -> Any:
    """Return the coroutine function that another plugin may have made an ordinary one of."""
    while not inspect.iscoroutinefunction(function) and hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what there is to know about the site of a failed test."""
    del call
    report = yield
    environment = item.stash.get(_ENVIRONMENT, None)
    if report.failed and environment is not None:
        from .report import describe_failure  # noqa: PLC0415

        folder = item.config.getoption("--doppelgrid-output") or item.config.rootpath / _DEFAULT_OUTPUT
        report.sections.append(("doppelgrid", describe_failure(environment.site, folder, item.nodeid)))
    return report
