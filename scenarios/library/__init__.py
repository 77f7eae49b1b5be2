"""Scenarios that ship, by groups in folders, with the sites and controllers that they need."""
