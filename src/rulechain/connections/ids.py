"""Entry IDs: two whole numbers of up to 64 bits, milliseconds and a sequence."""

_LAST_SEQUENCE = 2**64 - 1


def next_id(id_: bytes) -> bytes:
    """Return the entry ID that follows one immediately."""
    ms, _, seq = id_.partition(b"-")
    number = int(seq)
    return b"%d-0" % (int(ms) + 1) if number == _LAST_SEQUENCE else b"%s-%d" % (ms, number + 1)


def previous_id(id_: str) -> str:
    """Return the entry ID just before one, so that reading after it gives the entry of this ID first."""
    ms, _, seq = id_.partition("-")
    if int(seq):
        return f"{ms}-{int(seq) - 1}"
    return f"{int(ms) - 1}-{_LAST_SEQUENCE}" if int(ms) else "0-0"
