"""A site in simulated time: plant, engine and gateway together; live, on tape, in snapshots."""
