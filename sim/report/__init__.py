"""What a site did over a stretch of time: energies, peaks, states of charge, commands, errors.

A `SiteReport` comes of a recording, of a running simulation or of the summary of a run, and says the same in each case.
Its figures can be asked for by name.
"""

from .figures import Kpis
from .kpis import kpis
from .of_recording import report_of_recording
from .of_simulation import SiteWatch
from .of_summary import report_of_summary
from .site_report import SiteReport

__all__ = ["Kpis", "SiteReport", "SiteWatch", "kpis", "report_of_recording", "report_of_summary"]
