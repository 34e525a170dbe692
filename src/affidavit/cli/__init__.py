"""The command line: one file a command. `affidavit --help` lists them.

Exit codes: 0 done (verify: proven), 1 not so (verify: broken; export, show, score, key revoke, key rotate-secret: no
such thing; erase, hold, release, retain: refused, or copies are left), 2 cannot be done as things are (wrong usage, a
setting, a data directory or a store that cannot be used), 130 cut short with Ctrl-C, 141 nobody reads the answer any
more. verify has 3 too: a bundle is sound, but the policy asks for more. A command returns its code; None is 0.
"""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

import click

from affidavit import __version__
from affidavit.cli.terminal import give_up_stdout, plain
from affidavit.errors import AffidavitError

CANNOT, INTERRUPTED, UNREAD = 2, 130, 141


MODULES: Final = {
    name: name
    for name in (
        "erase", "export", "hold", "init", "key", "retain", "score", "seal", "serve", "show", "signer", "store", "tail",
        "verify", "witness", "workspace",
    )
} | {"release": "hold"}  # fmt: skip
"""The commands, and the modules that have them."""


class Commands(click.Group):
    """A command is imported when it is asked for: most need little of the program."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The one of this name, if there is one."""
        if cmd_name not in MODULES:
            return None
        command: click.Command = getattr(import_module(f"affidavit.cli.{MODULES[cmd_name]}"), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="affidavit")
def commands() -> None:
    """A tamper-evident record of what AI agents did."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The `affidavit` program. `arguments`: those of the process unless given."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no UTF-8 gets escapes, not a fault
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        # Not click's own `main`: there Ctrl-C and a closed pipe are exit code 1, which means "broken" here.
        with commands.make_context("affidavit", list(sys.argv[1:] if arguments is None else arguments)) as context:
            code: int | None = commands.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        give_up_stdout()
        return UNREAD
    except (AffidavitError, OSError, UnicodeError) as error:  # the last: a path that is not UTF-8
        click.echo(f"affidavit: {plain(str(error))}", err=True)
        give_up_stdout()
        return CANNOT
    except Exception as error:  # a fault of ours, or a file that was made to cause one: its exit code is not "broken"
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        click.echo(f"affidavit: a fault of ours: {type(error).__name__} at {where}: {plain(str(error))}", err=True)
        return CANNOT
    return code or 0
