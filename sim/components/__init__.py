"""One file a category: its section of a site file, its presets, and how its device is built."""
