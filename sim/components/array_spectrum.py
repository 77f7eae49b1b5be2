"""The spectrum of light on photovoltaic modules: which cells they have by the site file, and what those use of it."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import AfterValidator

from ...models.pv_spectrum import SpectrumParams, check_spectrum
from ..files.parameters import Given, lacks_part, with_part
from ..files.presets import params_of_preset, preset_names
from ..files.problems import one_of
from ..files.sections import refuse

SPECTRUM = "spectrum"
"""Key of it, and what stands before the names of its parameters in a site file."""
_FILE, _KIND = "pv_spectra", "spectrum of modules"


class OfCells(Protocol):
    """What a site file says of the modules behind an inverter, as far as the spectrum has to do with it."""

    @property
    def spectrum(self) -> str | None:
        """Name of what cells use of light."""
        ...

    @property
    def parameters(self) -> Given:
        """Parameters that the file sets."""
        ...


def _known_cells(name: str) -> str:
    if name not in preset_names(_FILE):
        raise refuse(one_of(preset_names(_FILE), name))
    return name


Cells = Annotated[str, AfterValidator(_known_cells)]
"""Name of a kind of cells."""


def spectrum_preset(name: str) -> SpectrumParams:
    """Return what cells of a kind use of light.

    Raises:
        ValueError: If there is no such kind; says which there are.
        ParameterError: If a coefficient cannot be; names it.
    """
    params = params_of_preset(SpectrumParams, _FILE, _KIND, name)
    check_spectrum(params)
    return params


def spectrum_params(inverter: OfCells) -> SpectrumParams | None:
    """Return what the cells behind an inverter use of light, by its spectrum; None if that does not count.

    Raises:
        ParameterError: If a coefficient of the file cannot be; names it.
    """
    if inverter.spectrum is None:
        return None
    return with_part(spectrum_preset(inverter.spectrum), inverter.parameters, SPECTRUM, check_spectrum)


def spectrum_part(inverter: OfCells) -> SpectrumParams:
    """Return the same for its parameters in a site file.

    Raises:
        ParameterError: If they cannot be, or the spectrum does not count.
    """
    params = spectrum_params(inverter)
    if params is None:
        lacks_part(inverter.parameters, SPECTRUM, "no spectrum counts here (`spectrum: monosi` lets it)")
    return params
