"""What a site did over a stretch of time: energies, peaks, states of charge, commands, errors.

A `SiteReport` comes of a recording, of a running simulation or of the summary of a run, and says the same in each case.
Its figures can be asked for by name.
"""
