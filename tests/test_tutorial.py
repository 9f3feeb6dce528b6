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
