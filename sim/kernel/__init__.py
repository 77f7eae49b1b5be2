"""The plant as numbers: what a site's devices are and do, in a form that runs as it stands and compiled.

Every component is a number, its place in the site's order from the grid outwards; inverters, batteries, loads and
machines have numbers of their own. What never changes is in a `Layout`, what changes in a `Memory`; the functions
beside them see both and nothing else. `sim.plant` runs them on lists for live sites, `headless` compiles them over
arrays. Inside of them the rules of models hold: numbers, loops and plain functions only.
"""
