"""The promises of the Microgrid API as checks that run against any address.

Nothing here knows the simulator: it observes a server as clients do, through generated stubs and through the
published Python client.
"""
