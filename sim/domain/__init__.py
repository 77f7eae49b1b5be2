"""The words that all parts share: categories, metrics, states, messages, events, ranges, phases, timestamps."""
