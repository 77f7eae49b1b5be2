"""Makes a recording of what a run that was killed has left of one."""

from __future__ import annotations

import fcntl
import gzip
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from ..files.extras import extra_for
from .errors import RecordingError, nothing_in
from .output import PART, part_of, suffix_of, written_whole

if TYPE_CHECKING:
    import pyarrow as pa


class Recovered(NamedTuple):
    """What was found in a part, and where it is now."""

    path: Path
    """Of the recording."""
    first_us: int
    """Time of the first and of the last sample [µs since the Unix epoch]."""
    last_us: int
    lost_bytes: int
    """Of the part, behind its last whole batch or line."""


def recover(part: str | Path, path: str | Path | None = None) -> Recovered:
    """Write what was left of a recording as a whole one. The part stays.

    Args:
        part: What was left, such as `day.parquet.part`; or the name of the recording, beside which it is.
        path: Of the recording, in the form of the part; the part's name without `.part` if None.

    Raises:
        RecordingError: If it is still being written, cannot be read, holds nothing, or a file of the name is there.
        OSError: If it cannot be written.
        MissingPackageError: If what reads it is not installed.
    """
    part = Path(part) if str(part).endswith(PART) else part_of(Path(part))
    path = part.with_name(part.name.removesuffix(PART)) if path is None else Path(path)
    suffix = suffix_of(part)
    if suffix_of(path) != suffix or path.name.endswith(PART):
        accepted = f"a name that ends in {suffix}, as what was left of it"
        raise RecordingError(str(path), None, "name", repr(path.name), accepted)
    if not part.is_file():
        raise RecordingError(str(part), None, "file", "not there", f"what a killed run left, in {PART}")
    if path.exists():
        raise RecordingError(str(path), None, "file", "there already", "another name, with --output")
    if part.stat().st_size == 0:
        raise nothing_in(part)
    with part.open("rb") as left:
        _refuse_if_growing(part, left)
        with extra_for("readers of recordings"):
            import pyarrow as pa  # noqa: PLC0415 - takes long to import
        try:
            return _in_parquet(part, path) if suffix == ".parquet" else _in_csv(part, path)
        except RecordingError:
            raise
        except (pa.ArrowException, ValueError) as error:
            found = f"not readable ({' '.join(str(error).split())[:200]})"
            raise RecordingError(str(part), None, "content", found, "what a killed run left") from None


def _refuse_if_growing(part: Path, left: IO[bytes]) -> None:
    try:
        fcntl.flock(left, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        found, accepted = "being written by another run", "what a run left that is no more"
        raise RecordingError(str(part), None, "file", found, accepted) from None
    except OSError:
        return  # Files cannot be locked here, so nobody knows.


def _in_parquet(part: Path, path: Path) -> Recovered:
    from .parquet_part import content_of, turn_into_parquet  # noqa: PLC0415 - takes long to import

    content = content_of(part)
    if content.first_us is None or content.last_us is None:
        raise nothing_in(part)
    turn_into_parquet(part, path, _marked(part, content.schema))
    return Recovered(path, content.first_us, content.last_us, content.lost_bytes)


def _marked(part: Path, schema: pa.Schema) -> pa.Schema:
    from .metadata import dump_metadata, load_metadata  # noqa: PLC0415 - takes long to import

    metadata = load_metadata(str(part), schema.metadata, part.parent)
    return schema.with_metadata(dump_metadata(metadata._replace(is_complete=False)))


def _in_csv(part: Path, path: Path) -> Recovered:
    from .csv_reader import content_of_part, read_csv  # noqa: PLC0415 - takes long to import

    times_us = [track.times_us for track in read_csv(part, None).tracks.values() if len(track.times_us)]
    if not times_us:
        raise nothing_in(part)
    content = content_of_part(part)
    with written_whole(path, None) as file:
        if path.name.endswith(".gz"):
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed:
                compressed.write(content.whole)
        else:
            file.write(content.whole)
    first_us, last_us = (min(int(own[0]) for own in times_us), max(int(own[-1]) for own in times_us))
    return Recovered(path, first_us, last_us, content.lost_bytes)
