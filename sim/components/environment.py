"""Names of what the world around a site does to its devices."""

WIND = "site.wind_speed"
AIR_PRESSURE = "site.air_pressure"
HUMIDITY = "site.relative_humidity"
