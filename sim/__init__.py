"""A site and its life in time: files, inputs, plant, engine and gateway."""
