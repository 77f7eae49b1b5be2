"""The Microgrid API in each of its versions, over one gateway.

Frames and requests pass through four kinds of modules:

- `v1`, `v1alpha18`, `v1alpha19`: one API version each, the name of its service with its procedures. A version whose
  messages differ says which fields of its requests hold what; `electrical` says it for those that agree down to the
  bytes.
- `common_v1`, `common_v1alpha8`: descriptions of the versions of the common package that those are built on: numbers
  by our names, message classes, where fields lie.
- `procedures` and `common_version`: what is the same in all versions, written once.
- `telemetry`: frames into bytes, once for all clients that ask for the same.

What the next API version touches:

1. `vX.py`, new. If its messages equal those of v1alpha19 on the wire, it is `electrical.version(…)` of its file, as
   `v1alpha18` is. If it calls procedures or fields otherwise, it has `methods` of its own, as `v1` has; what procedures
   do stays in `procedures`.
2. `versions.py`: the version joins `VERSIONS`. Reflection, health and every transport follow from there.
3. `common_vY.py`, new, only if it is built on another common version: one `CommonVersion`. Names that it has for our
   words go into the `ours` of `numbers`; categories, metrics, states and diagnostics that it lacks need nothing, they
   are left out or UNSPECIFIED, and logged once.
4. `pyproject.toml`, if it needs a newer `frequenz-api-microgrid` or `frequenz-api-common`.
5. `tests/wire`: `GENERATED` in `test_unknown_words.py`, where a test fails until it is there, and in `support.py` if
   it agrees with v1alpha19. `tests/robustness` finds all procedures that are served by itself.
6. `scenarios/conformance`, which must not import this: its stubs in `alpha.py`, or a list of names where it departs
   from v1alpha19 as in `v1.py`, and its way in `WAYS` of `suite.py`; `facade/cli/conformance.py` offers the way.
"""
