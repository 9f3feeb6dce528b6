"""The tutorial, run word for word as it stands in docs/tutorial.md."""

from __future__ import annotations

from tests import tutorial


def test_every_command_of_the_tutorial_shows_what_it_says() -> None:
    with tutorial.home() as home:
        for block in tutorial.blocks():
            for step in block:
                shown = home.show(step)
                assert tutorial.is_shown(step.shown, shown), (
                    f"$ {step.command}\n{shown}\nand not\n{step.shown}"
                )


def test_the_tour_of_the_readme_is_taken_from_the_tutorial() -> None:
    readme = (tutorial.CHECKOUT / "README.md").read_text("utf-8")
    tour = readme.partition("## A short tour\n\n```\n")[2].partition("```\n")[0]
    lines = tour.replace("$ selfsearch ", "$ scripts/selfsearch ").splitlines()
    assert len(lines) > 40
    assert {*lines} - {"", tutorial.LEFT_OUT, *tutorial.DOCUMENT.read_text("utf-8").splitlines()} == set()
