"""What a recording's file says of its origin."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import NamedTuple, cast

from pydantic import ValidationError

from ..files.steering import has_halves, steers
from ..site.site import Site
from .errors import RecordingError

KEY = b"doppelgrid"
"""Key of the metadata in Arrow schemas and Parquet files."""


class Metadata(NamedTuple):
    """Where a recording comes from; None for what its file does not say."""

    microgrid_id: int | None = None
    site: Site | None = None
    seed: int | None = None
    version: str | None = None
    speed: float | None = None
    """Simulated seconds per second between samples; None where that is one, or not known."""
    is_complete: bool = True
    """Whether the recording came to its end; not so if it was recovered from what a crash had left."""


def describe_run(site: Site, seed: int, speed: float = 1.0) -> Metadata:
    """Return the metadata of a run of this program; samples carry times of which a second is so many simulated ones."""
    return Metadata(site.microgrid.id, site, seed, version("doppelgrid"), speed if speed != 1.0 else None)


def dump_metadata(metadata: Metadata) -> dict[bytes, bytes]:
    """Return metadata in the form that Arrow schemas carry; the site is as its file would be, in JSON."""
    content = metadata._asdict()
    if metadata.speed is None:
        del content["speed"]
    if metadata.is_complete:
        del content["is_complete"]
    if metadata.site is not None:
        content["site"] = metadata.site.model_dump(mode="json", exclude_unset=True)
    return {KEY: json.dumps(content, ensure_ascii=False).encode()}


def load_metadata(file: str, carried: dict[bytes, bytes] | None, directory: Path) -> Metadata:
    """Read the metadata that a schema carries.

    Args:
        file: Name of the file, for messages.
        carried: Of the schema.
        directory: Where the relative paths of the site's input files start.

    Raises:
        RecordingError: If it is damaged.
    """
    text = (carried or {}).get(KEY)
    if text is None:
        return Metadata()
    try:
        content = Metadata(**json.loads(text))
        if content.site is None:
            return content
        if any(steers(each) or has_halves(each) for each in _texts(content.site)):
            raise ValueError("its site has texts with control characters, or halves of characters")
        site = Site.from_content(cast("Mapping[str, object]", content.site), directory)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise _damaged(file, f"a site with a fault in {place} ({error.errors()[0]['msg']})") from None
    except (ValueError, TypeError) as error:
        raise _damaged(file, f"damaged ({error})") from None
    return content._replace(site=site)


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        yield from chain.from_iterable(map(_texts, (*content.keys(), *content.values())))
    elif isinstance(content, list):
        yield from chain.from_iterable(map(_texts, content))


def _damaged(file: str, found: str) -> RecordingError:
    return RecordingError(file, None, "metadata", found, "what this version of doppelgrid writes; or --site")
