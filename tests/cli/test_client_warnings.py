"""What the published client warns of is told once, not for every component."""

from __future__ import annotations

import logging

import pytest

from doppelgrid.cli.client_warnings import warnings_of_the_client


def test_warnings_of_one_kind_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings_of_the_client() as lines:
        for number in range(60):
            logging.getLogger("frequenz.client.microgrid").warning("component %s has no model", number)
        logging.getLogger("frequenz.client.microgrid").warning("a sample is old")
        logging.getLogger("frequenz.client.microgrid").info("hello")
    assert lines == ["component 0 has no model (60 times)", "a sample is old"]
    assert capsys.readouterr().err == ""


def test_afterwards_they_are_logged_as_before(caplog: pytest.LogCaptureFixture) -> None:
    with warnings_of_the_client():
        pass
    logging.getLogger("frequenz.client.microgrid").warning("again")
    assert "again" in caplog.text
