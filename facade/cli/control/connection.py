"""A command's way to the control service of a running site, and what becomes of it where there is none."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_type_hints

import typer

from ..options import BAD_INPUT, refuse
from ..output import print_json
from ..protection import AuthKeyOption, SignSecretOption

if TYPE_CHECKING:
    from ...proto.control.client import ControlClient, ControlError

USUAL_URL = "grpc://[::1]:8800"
URL_VARIABLE = "MICROGRID_API_URL"
NOBODY_ANSWERS = 4
"""Exit code where no server answers."""
_PATIENCE_S = 10.0
_ACCEPTED = f"accepted: the URL at which `doppelgrid run` serves a site, in the command or as {URL_VARIABLE}"

UrlOption = Annotated[str, typer.Option("--url", envvar=URL_VARIABLE, help="Where the site is served.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one line for each answer.")]


class Told(NamedTuple):
    """What a command has to tell."""

    text: str
    """For people."""
    content: object
    """For programs, in the types of JSON."""
    code: int = 0
    """Exit code of the command."""


Answer = Awaitable[Told] | AsyncIterator[Told]


class SiteRefusalError(Exception):
    """A command cannot be carried out at the site that it reached for; says why, and what would be accepted."""

    def __init__(self, text: str, code: int = BAD_INPUT) -> None:
        """Say why not, and with which exit code the command ends."""
        super().__init__(text)
        self.code = code


def add_command(group: typer.Typer, action: Callable[..., Answer], name: str | None = None) -> None:
    """Make a command of what is done with a site: it takes the action's arguments, and those of the connection.

    Args:
        group: Gets the command.
        action: Takes a client that is connected, and what the command takes; tells once, or as it goes.
        name: Of the command; that of the action if not given.
    """

    def run(url: str, auth_key: str | None, sign_secret: str | None, as_json: bool, **given: Any) -> None:
        ask(lambda site: action(site, **given), url, auth_key, sign_secret, as_json=as_json)

    hints = get_type_hints(action, localns={"ControlClient": object}, include_extras=True)
    own = [
        each.replace(annotation=hints[each.name])
        for each in list(inspect.signature(action).parameters.values())[1:]
    ]
    shared = {
        "url": UrlOption,
        "auth_key": AuthKeyOption,
        "sign_secret": SignSecretOption,
        "as_json": JsonOption,
    }
    usual = {"url": USUAL_URL, "auth_key": None, "sign_secret": None, "as_json": False}
    further = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=usual[key], annotation=shared[key])
        for key in shared
    ]
    run.__signature__ = inspect.Signature([*own, *further])  # type: ignore[attr-defined]
    run.__doc__ = action.__doc__
    # A value such as -5kW is no option.
    group.command(name or action.__name__, context_settings={"ignore_unknown_options": True})(run)


def ask(
    action: Callable[[ControlClient], Answer],
    url: str,
    auth_key: str | None = None,
    sign_secret: str | None = None,
    *,
    as_json: bool = False,
) -> None:
    """Do something with a running site and print what it tells.

    Raises:
        typer.Exit: If nobody answers, or what is wanted is refused; says why.
    """
    import asyncio  # noqa: PLC0415

    from ...proto.control.client import ControlClient, ControlError  # noqa: PLC0415

    def tell(told: Told) -> None:
        if as_json:
            print_json(json.dumps(told.content, ensure_ascii=False, allow_nan=False))
        else:
            typer.echo(told.text)
        if told.code:
            raise typer.Exit(told.code)

    async def carry_out() -> None:
        async with ControlClient(url, auth_key=auth_key, sign_secret=sign_secret) as site:
            await _reach(site)
            answer = action(site)
            if isinstance(answer, AsyncIterator):
                async for told in answer:
                    tell(told)
            else:
                tell(await answer)

    try:
        asyncio.run(carry_out())
    except SiteRefusalError as error:
        raise refuse(f"{url}: {error}", error.code) from None
    except ControlError as error:
        if error.code.name == "UNAVAILABLE":
            raise refuse(
                f"{url}: the site is served no longer ({_why(error)}); {_ACCEPTED}", NOBODY_ANSWERS
            ) from None
        raise refuse(str(error)) from None
    except ValueError as error:
        raise refuse(f"{url}: {error}") from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def _reach(site: ControlClient) -> None:
    """See that a control service answers.

    Raises:
        SiteRefusalError: If none does.
    """
    import asyncio  # noqa: PLC0415

    from ...proto.control.client import ControlError  # noqa: PLC0415

    try:
        await asyncio.wait_for(site.clock(), _PATIENCE_S)
    except TimeoutError:
        raise SiteRefusalError(f"no answer within {_PATIENCE_S:g} s; {_ACCEPTED}", NOBODY_ANSWERS) from None
    except ControlError as error:
        raise _unreachable(error) from None


def _why(error: ControlError) -> str:
    return str(error).rpartition(": ")[2]


def _unreachable(error: ControlError) -> SiteRefusalError:
    match error.code.name:
        case "UNAVAILABLE":
            return SiteRefusalError(f"nobody answers there ({_why(error)}); {_ACCEPTED}", NOBODY_ANSWERS)
        case "UNIMPLEMENTED":
            text = "no control service there; accepted: a site that is served on loopback, or with --control"
        case "UNAUTHENTICATED":
            text = f"{error}; accepted: the key and the secret of the server (--auth-key, --sign-secret)"
        case _:
            text = str(error)
    return SiteRefusalError(text)
