"""How power finds its way between components."""
