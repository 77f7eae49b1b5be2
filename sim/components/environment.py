"""Names of what the world around a site does to its devices."""

WIND = "site.wind_speed"
OUTDOORS = "site.outdoor_temperature"
"""Of the air about modules, where the site file gives no temperature [°C]."""
AIR_PRESSURE = "site.air_pressure"
HUMIDITY = "site.relative_humidity"
