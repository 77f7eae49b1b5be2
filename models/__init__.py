"""How one device behaves: pure functions on named tuples of floats, in SI units, passive sign convention.

Devices have `…_output`, `…_horizon_s` and `…_step` of the same forms, also where a site needs fewer of them: by these
the shared suite, `tests/models/test_every_model.py`, tries them all out.
"""
