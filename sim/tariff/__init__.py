"""What energy costs and which emissions come with it: tariff files, prices over time, and what a run comes to."""
