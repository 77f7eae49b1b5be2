"""Where a site is."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from ..files.parameters import Number
from ..files.problems import did_you_mean
from ..files.sections import Section, refuse


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        meant = did_you_mean(name, available_timezones())
        raise refuse(f"the name of an IANA time zone such as Europe/Berlin{meant}") from None
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Location(Section):
    """Where the site is."""

    latitude: Number = Field(ge=-90.0, le=90.0)
    """Degrees north [°]."""
    longitude: Number = Field(ge=-180.0, le=180.0)
    """Degrees east [°]."""
    timezone: TimeZone = "UTC"
    """Name of an IANA time zone; profiles follow its clock."""
    country_code: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """ISO 3166-1 alpha-2 code, as the API reports it."""
    altitude: Number = Field(default=0.0, ge=-500.0, le=9000.0)
    """Metres above sea level [m]."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)

    @property
    def known_altitude(self) -> float | None:
        """Metres above sea level if the file says so [m]."""
        return self.altitude if "altitude" in self.model_fields_set else None
