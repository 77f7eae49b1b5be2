"""How people write: quantities with units, sections, YAML text, problems, presets."""
