"""Figures of running sites as Prometheus scrapes them; needs the extra `prometheus`."""
