"""Formulas of pages are drawn without a script."""

from __future__ import annotations

from markdown import Markdown
from website.formulas import with_formulas


def test_a_formula_within_a_line_is_drawn() -> None:
    drawn = with_formulas("the current $i_k$ flows")
    assert drawn.startswith(
        'the current <span><math xmlns="http://www.w3.org/1998/Math/MathML" display="inline">'
    )
    assert "<msub><mi>i</mi><mi>k</mi></msub>" in drawn
    assert drawn.endswith("</math></span> flows")


def test_a_paragraph_of_its_own_is_drawn_as_one() -> None:
    assert 'display="block"' in with_formulas("before\n\n$$P = U\n I$$\n\nafter")


def test_a_formula_at_the_beginning_of_a_line_stays_within_its_paragraph() -> None:
    assert Markdown().convert(with_formulas("of\n$U$ and\n$V$, both")).count("<p>") == 1


def test_code_is_left_alone() -> None:
    text = 'a `$x$` and\n\n```console\n$ echo $HOME\n$ faketime -f "$(date)"\n```\n\nthe end'
    assert with_formulas(text) == text


def test_lone_signs_of_money_are_left_alone() -> None:
    assert with_formulas("from $ 5 to $ 6") == "from $ 5 to $ 6"
