"""A site as its file describes it: reading, graph and its rules, schema, weather."""
