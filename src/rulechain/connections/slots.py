"""Which keys of a cluster are on one server: those of one slot."""

from binascii import crc_hqx

_SLOTS = 16384


def key_slot(key: str | bytes) -> int:
    """Return the slot of a key: that of its hash tag, the text between its first { and the } behind it, if there is."""
    data = key.encode("utf-8", "surrogateescape") if isinstance(key, str) else key
    return crc_hqx(hash_tag(data) or data, 0) % _SLOTS


def hash_tag(key: bytes) -> bytes:
    """Return the part of a key that decides its slot, empty if that is the whole key."""
    _, opening, rest = key.partition(b"{")
    tag, closing, _ = rest.partition(b"}")
    return tag if opening and closing else b""


def name_beside(key: str, suffix: str) -> str:
    """Return a name in the same slot as a key, made of it and a suffix."""
    is_tagged = bool(hash_tag(key.encode("utf-8", "surrogateescape")))
    return f"{key}{suffix}" if is_tagged else f"{{{key}}}{suffix}"
