"""Requests through a proxy, as the tests of proxies make them."""

from tests.dispatcher.sending.proxy import RunningProxy
from tests.dispatcher.sending.requests import request_to

from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.route import Credentials
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.sending.sender import Exchange, Sender

LOCAL = EgressPolicy(["127.0.0.0/8"])
JAN = Credentials("jän", "pä:ss")


def through(proxy: RunningProxy, credentials: Credentials | None = None) -> Routing:
    """Return the ways of a dispatcher that knows this proxy as `corp`."""
    return Routing({"corp": proxy.proxy(credentials=credentials)})


async def exchange(sender: Sender, url: str, body: str | None = None, *, proxy: str | None = "corp") -> Exchange:
    """Send a request of an integration that names a proxy."""
    return await sender.send(request_to(url, body, proxy=proxy), {})
