"""What a request must look like for whom it is handed to: the receiver itself, or a proxy that passes it on."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin_dispatcher.sending.connections.tunnel import (
    PROXY_AUTHENTICATION_REQUIRED,
    authorization,
    credentials_for,
    refused_credentials,
)
from tocsin_dispatcher.sending.route import DIRECT, Credentials, Place, Proxy, Route
from tocsin_dispatcher.sending.wire import Arrival

AUTHORIZATION, AUTHENTICATE = "Proxy-Authorization", "proxy-authenticate"


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A request's way, and the proxy that passes the request on, if one does; a tunnel passes nothing on."""

    route: Route = DIRECT
    proxy: Proxy | None = None
    credentials: Credentials | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what must not be shown where an answer repeats the request as the proxy passed it on."""
        if self.credentials is None:
            return ()
        return self.credentials.password, authorization(self.credentials).removeprefix("Basic ")

    def request_target(self, host: str, path: str) -> str:
        """Return what the request line names: the whole URL for a proxy (RFC 9112, 3.2.2), else the path."""
        return path if self.proxy is None else f"http://{host}{path}"

    def headers(self, headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers that go out; what is said to the proxy is ours to say."""
        if self.proxy is None:
            return list(headers)
        kept = [(name, value) for name, value in headers if name.lower() != AUTHORIZATION.lower()]
        ours = [] if self.credentials is None else [(AUTHORIZATION, authorization(self.credentials))]
        return [*kept, *ours, ("Connection", "close")]  # see `Connections.keep`

    def require_passed_on(self, arrival: Arrival) -> None:
        """Raise ProxyAuthError where the proxy itself has answered, wanting credentials: that is no receiver's answer."""
        if self.proxy is not None and arrival.status == PROXY_AUTHENTICATION_REQUIRED:
            challenges = [value for name, value in arrival.headers if name.lower() == AUTHENTICATE]
            arrival.forget()
            status = PROXY_AUTHENTICATION_REQUIRED
            raise refused_credentials(self.proxy, status, challenges, given=self.credentials is not None)


async def forwarding(route: Route, place: Place) -> Forwarding:
    """Return how a request goes to a place; raises ProxyAuthError where a proxy's password can't be had."""
    proxy = route.forwards(place)
    return Forwarding(route, proxy, None if proxy is None else await credentials_for(proxy))
