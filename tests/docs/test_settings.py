"""docs/settings.md lists exactly the settings; every command and every option stands in the pages for operators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from affidavit.cli import commands
from affidavit.cli.serve import serve
from affidavit.settings import Settings, read_settings

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "settings.md").read_text()
OPERATING = (REPOSITORY / "docs" / "operating.md").read_text()
ROWS = re.findall(r"^\| `(AFFIDAVIT_\w+)` \| (?:`(.*?)`)? \| (.*?)(?: \(`(--[\w-]+)`\))? \|$", PAGE, re.MULTILINE)
"""Variable, default, meaning, flag."""
KNOBS = fields(Settings)


def spelled(value: Any) -> str:
    """A value as one writes it in an environment."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def test_the_page_lists_the_settings_with_their_defaults_and_meanings() -> None:
    assert [row[:3] for row in ROWS] == [
        (f"AFFIDAVIT_{knob.name.upper()}", spelled(knob.default), knob.metadata["meaning"]) for knob in KNOBS
    ]
    assert PAGE.count("| `AFFIDAVIT_") == len(ROWS)


def test_the_page_names_the_flags() -> None:
    flags = {option for parameter in serve.params for option in parameter.opts}
    assert {flag for *_, flag in ROWS if flag} == flags


def another(default: Any) -> Any:
    """A value that is good, and not the default."""
    if isinstance(default, bool):
        return not default
    return default + 1 if isinstance(default, int) else type(default)(f"{default}x")


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_every_variable_is_read(knob: Any) -> None:
    chosen = another(knob.default)
    settings = read_settings({f"AFFIDAVIT_{knob.name.upper()}": spelled(chosen)}, {})
    assert getattr(settings, knob.name) == chosen
    assert settings == Settings(**{knob.name: chosen})


def test_a_flag_wins_over_the_environment_and_the_environment_over_the_default() -> None:
    environment = {"AFFIDAVIT_PORT": "1", "AFFIDAVIT_OPEN": "1"}
    assert read_settings(environment, {"port": 2}).port == 2
    assert read_settings(environment, {"port": None}).port == 1
    assert read_settings({"AFFIDAVIT_PORT": ""}, {}).port == Settings().port
    assert not read_settings(environment, {"open": False}).open


def every_command(group: click.Group = commands, path: str = "affidavit") -> Iterator[tuple[str, click.Command]]:
    """Every command under its whole name, groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{path} {name}")


COMMANDS = dict(every_command())


OPTIONS = {
    option: users
    for options, users in re.findall(r"^\| (`--.*?) \| (.*?) \|", OPERATING, re.MULTILINE)
    for option in re.findall(r"`(--[\w-]+)", options)
}
"""Option -> the commands that the operators' page says have it."""


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if not isinstance(command, click.Group)])
def test_every_command_and_its_options_are_in_the_operators_page(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}(?: [A-Z_]+)*(?: --[^`]*)?` \|.*$", OPERATING, re.MULTILINE)
    own = f"`{name.removeprefix('affidavit ')}`"
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Argument):
            metavar = parameter.make_metavar(click.Context(COMMANDS[name]))
            assert re.search(rf"`{name}(?: [A-Z_]+)* {metavar}\b", row), metavar
            continue
        users = {OPTIONS.get(option, "") for option in (*parameter.opts, *parameter.secondary_opts)} - {""}
        assert users, f"{parameter.opts} is nowhere"
        assert any(own in listed or (listed.startswith("all") and own not in listed) for listed in users), (
            parameter.opts
        )


def test_the_operators_page_has_no_option_that_is_none() -> None:
    known = {
        option
        for command in COMMANDS.values()
        for each in command.params
        for option in (*each.opts, *each.secondary_opts)
    }
    assert set(OPTIONS) <= known


@pytest.mark.parametrize(("name", "command"), COMMANDS.items(), ids=COMMANDS)
def test_help_tells_of_every_option(name: str, command: click.Command) -> None:
    for asked in ("--help", "-h"):
        result = CliRunner().invoke(commands, [*name.split()[1:], asked])
        assert result.exit_code == 0
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts} has no help"
                assert parameter.opts[0] in result.output


def test_help_without_a_command() -> None:
    result = CliRunner().invoke(commands, ["--help"])
    assert result.exit_code == 0
    assert all(name.split()[1] in result.output for name in COMMANDS)
