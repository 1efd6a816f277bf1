"""An HTTP client for images with retries, redirects, and limits of size and time."""

import asyncio
from contextlib import aclosing
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Final, Self

import httpcore
import httpx
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

import vitrine
from vitrine.data.download.images.address_policy import AddressPolicy
from vitrine.data.download.images.failure import REFUSED, TOO_SLOW, UNREACHABLE, ImageFailure
from vitrine.data.download.images.limits import Limits
from vitrine.data.download.images.transport import GuardedTransport
from vitrine.resilience.pace import Pace
from vitrine.resilience.retry_after import BUSY, retry_after, wait_retry_after

HEADERS: Final = {
    "user-agent": f"vitrine/{vitrine.__version__}",
    "accept": "image/jpeg, image/png, image/webp, image/gif, image/bmp, */*;q=0.1",
    "accept-encoding": "identity",
}
CONNECTION_ERRORS: Final = (httpcore.NetworkError, httpcore.ProtocolError, httpx.TransportError, OSError)


class Fetcher:
    """A client that fetches addresses; an asynchronous context manager."""

    def __init__(self, limits: Limits, policy: AddressPolicy) -> None:
        self._limits = limits
        self._pace = Pace(limits.per_second)
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(policy, limits.workers),
            headers=HEADERS,
            timeout=limits.silence_seconds,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def fetch(self, url: str) -> bytes:
        """Return the body at the address.

        Raises:
            ImageFailure: after the last attempt, or at once where another attempt cannot succeed.
        """
        backoff = self._limits.backoff_seconds
        attempts = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, ImageFailure) and error.retryable),
            stop=stop_after_attempt(self._limits.attempts),
            # Jitter, so that requests that failed together are not repeated together.
            wait=wait_retry_after(wait_exponential_jitter(initial=backoff, jitter=backoff)),
            reraise=True,
        )
        return await attempts(self._attempt, url)

    async def _attempt(self, url: str) -> bytes:
        try:
            return await self._follow(url)
        except ImageFailure:
            raise
        except TimeoutError as error:
            raise ImageFailure(TOO_SLOW, f"not finished after {self._limits.request_seconds:g} s") from error
        except (httpx.TimeoutException, httpcore.TimeoutException) as error:
            reason = f"no answer for {self._limits.silence_seconds:g} s"
            raise ImageFailure(TOO_SLOW, reason, retryable=True) from error
        except (httpx.InvalidURL, ValueError) as error:
            raise ImageFailure(REFUSED, f"not a URL: {error}") from error
        except CONNECTION_ERRORS as error:
            raise ImageFailure(UNREACHABLE, str(error) or type(error).__name__, retryable=True) from error
        except Exception as error:  # malformed responses can raise any exception in the layers below
            raise ImageFailure("not HTTP", f"{type(error).__name__}: {error}") from error

    async def _follow(self, url: str) -> bytes:
        request = self._client.build_request("GET", url)
        for _ in range(self._limits.redirects + 1):
            await self._pace.turn(request.url.host)
            async with asyncio.timeout(self._limits.request_seconds):
                # Redirects are followed here because httpx would read their bodies whole, whatever their size.
                async with aclosing(await self._client.send(request, stream=True)) as response:
                    if response.next_request is None:
                        return await self._body(response)
                    request = response.next_request
        raise ImageFailure("redirects", f"more than {self._limits.redirects}")

    async def _body(self, response: httpx.Response) -> bytes:
        if response.status_code != httpx.codes.OK:
            raise self._status(response)
        if (encoding := response.headers.get("content-encoding", "identity")) != "identity":
            raise ImageFailure("compressed", f"sent with the encoding {encoding}, which was not requested")
        max_bytes = self._limits.max_bytes
        if (announced := int(response.headers.get("content-length", 0))) > max_bytes:
            raise ImageFailure("too large", f"{announced:,} bytes; {max_bytes:,} are allowed")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > max_bytes:
                raise ImageFailure("too large", f"more than the {max_bytes:,} bytes allowed")
        return bytes(body)

    def _status(self, response: httpx.Response) -> ImageFailure:
        kind, phrase = f"HTTP {response.status_code}", response.reason_phrase or "no such status"
        if response.status_code not in BUSY:
            return ImageFailure(kind, phrase)
        wait = retry_after(response.headers)
        if wait is None:
            return ImageFailure(kind, phrase, retryable=True)
        if wait > self._limits.wait_seconds:
            return ImageFailure(kind, f"{phrase}; asks to wait {wait:,.0f} s")
        self._pace.pause(response.request.url.host, wait)
        return ImageFailure(kind, phrase, retryable=True, after=wait)
