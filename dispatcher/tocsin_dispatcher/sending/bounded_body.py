"""Reading a response body without trusting it: so many bytes and no more, also after decompression."""

import zlib

WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""What zlib calls each content coding. Others are never asked for, and kept as they come."""

COMPRESSED_AT_MOST = 4
"""Times the limit that may come in compressed: a body of empty blocks grows without growing its content."""


class BoundedBody:
    """Takes the chunks of a body and keeps at most `limit` bytes of its decoded content."""

    def __init__(self, limit: int, encoding: str) -> None:
        self._limit = limit
        window = WINDOWS.get(encoding.strip().lower())
        self._decoder = zlib.decompressobj(window) if window is not None else None
        self._plain = bytearray()
        self._raw = bytearray()
        self._taken = 0
        self.truncated = False
        """Whether there is more than is kept."""

    def take(self, chunk: bytes) -> bool:
        """Take the next chunk; returns False once the body is longer than what is kept: read no further."""
        self._taken += len(chunk)
        self._raw += chunk[: self._limit + 1 - len(self._raw)]
        if self._decoder is not None:
            self._decode(self._decoder, chunk)
        coded = self._decoder is not None
        kept = len(self._plain if coded else self._raw)
        self.truncated = kept > self._limit or (coded and self._taken > COMPRESSED_AT_MOST * self._limit)
        return not self.truncated

    @property
    def content(self) -> bytes:
        """The content so far; a body that isn't in the coding it states is given as it came."""
        return bytes((self._plain if self._decoder is not None else self._raw)[: self._limit])

    def _decode(self, decoder: "zlib._Decompress", chunk: bytes) -> None:
        try:
            self._plain += decoder.decompress(chunk, self._limit + 1 - len(self._plain))
        except zlib.error:
            self._decoder = None
