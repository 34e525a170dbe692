"""Where the server listens: its own port, and ports that are one dialect's."""

from __future__ import annotations

import socket
from collections.abc import Collection

from affidavit.errors import SettingError
from affidavit.settings import Settings


def listen(settings: Settings, port: int) -> socket.socket:
    """A listening socket. Raises SettingError."""
    host = settings.host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingError(
            f"cannot listen on {host} port {port}: {error.strerror}. Choose another address or port"
        ) from None
    except UnicodeError:
        raise SettingError(f"cannot listen on {host!r}: it is no address and no host name") from None


def base_url(listener: socket.socket) -> str:
    """What clients of a listener call."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def ports_for(text: str, known: Collection[str]) -> dict[str, int]:
    """`agentlens=3400,pecta=8080` -> ports by dialect. Raises SettingError."""
    ports = {}
    for part in filter(None, text.replace(" ", "").split(",")):
        name, _, port = part.partition("=")
        if name not in known:
            raise SettingError(f"there is no dialect {name!r}: there are {', '.join(sorted(known))}")
        if not port.isdecimal() or int(port) > 65535:
            raise SettingError(f"{part!r} names no port: write a dialect, =, and a number up to 65535")
        ports[name] = int(port)
    return ports
