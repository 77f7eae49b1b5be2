"""The public grid as inputs: frequency, voltages, outages."""
