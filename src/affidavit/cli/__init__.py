"""The command line: one file a command. `affidavit --help` lists them.

Exit codes: 0 done (verify: proven), 1 not so (verify: broken; show: no such entry), 2 cannot be done as things are
(wrong usage, a setting, a data directory or a store that cannot be used).
"""

from __future__ import annotations

import sys

import click

from affidavit import __version__
from affidavit.cli.init import init
from affidavit.cli.key import key
from affidavit.cli.serve import serve
from affidavit.cli.show import show
from affidavit.cli.tail import tail
from affidavit.cli.verify import verify
from affidavit.errors import AffidavitError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="affidavit")
def commands() -> None:
    """A tamper-evident record of what AI agents did."""


for command in (init, key, serve, show, tail, verify):
    commands.add_command(command)


def main() -> None:
    """The `affidavit` program."""
    try:
        commands()
    except AffidavitError as error:
        click.echo(f"affidavit: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:  # `affidavit tail | head`
        sys.stderr.close()
        sys.exit(0)
