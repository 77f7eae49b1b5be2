"""Where simulated time passes: agenda and clocks."""
