"""Whose memory a request takes: its key's, or what there is for those without one, by where they come from."""

from __future__ import annotations

from contextvars import copy_context

import pytest

from affidavit.errors import Unavailable
from affidavit.server.exchange import Exchange
from affidavit.server.limits import Budget, Share
from affidavit.server.turns import holding

LIMIT = 1024


class Server:
    """Budgets of a server, and exchanges that take from them."""

    def __init__(self) -> None:
        self.bodies, self.answers, self.visitors = (Budget(LIMIT, name) for name in ("bodies", "answers", "visitors"))

    def exchange(self, by: str, address: str) -> Exchange:
        """One that came as this key, or as a visitor ("")."""
        exchange = Exchange(
            "", "GET", "/", b"", {}, address, 0, self.visitors, Share(self.bodies), Share(self.answers)
        )  # fmt: skip
        exchange.come_as(by)
        return exchange


@pytest.fixture
def server() -> Server:
    return Server()


def test_answers_to_visitors_take_nothing_from_keys(server: Server) -> None:
    server.exchange("", "192.0.2.1").answer_share.take(LIMIT)
    with pytest.raises(Unavailable, match="visitors: send again"):
        server.exchange("", "192.0.2.2").answer_share.take(1)
    server.exchange("key_1", "192.0.2.1").answer_share.take(LIMIT)


@pytest.mark.parametrize(("first", "second"), [("2001:db8::1", "2001:db8::2"), ("192.0.2.1", "::ffff:192.0.2.1")])
def test_visitors_of_one_network_share(server: Server, first: str, second: str) -> None:
    server.exchange("", first).answer_share.take(LIMIT // 2)
    with pytest.raises(Unavailable, match="visitors from one caller"):
        server.exchange("", second).answer_share.take(1)
    server.exchange("", "198.51.100.1").answer_share.take(1)


def test_a_key_is_one_caller_wherever_it_comes_from(server: Server) -> None:
    for budget in ("body_share", "answer_share"):
        first, second = (getattr(server.exchange("key_1", f"192.0.2.{number}"), budget) for number in (1, 2))
        other = getattr(server.exchange("key_2", "192.0.2.1"), budget)
        first.take(LIMIT // 2)
        with pytest.raises(Unavailable, match="from one caller"):
            second.take(1)
        other.take(1)


def test_who_turns_out_to_be_a_visitor_is_one(server: Server) -> None:
    """A key without the scope, where everybody may read."""
    exchange = server.exchange("key_1", "192.0.2.1")
    exchange.come_as("")
    assert exchange.by == ""
    exchange.answer_share.take(LIMIT - 1)
    with pytest.raises(Unavailable, match="visitors from one caller"):
        server.exchange("", "192.0.2.1").answer_share.take(1)
    exchange.release()
    server.exchange("", "192.0.2.1").answer_share.take(LIMIT)


@pytest.mark.parametrize(("by", "holder"), [("key_1", "key_1"), ("", "192.0.2.1")])
def test_threads_are_taken_on_behalf_of_who_comes(server: Server, by: str, holder: str) -> None:
    def come() -> str:
        server.exchange(by, "192.0.2.1")
        return holding.get()

    assert copy_context().run(come) == holder
