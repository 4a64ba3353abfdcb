"""Who may steer: the PIN, made slow to guess, and the tokens of desks that gave it."""

import hmac
import secrets
from dataclasses import dataclass, field

FREE_TRIES = 3
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 300.0
ROOM_TRIES_PER_MIN = 30  # from all addresses together: a guesser may have many


class Slow(Exception):
    """Too many wrong PINs; ``seconds`` says how long to wait."""

    def __init__(self, seconds: float):
        super().__init__(f"Too many wrong PINs. Wait {seconds:.0f} s, then try again.")
        self.seconds = seconds


@dataclass
class Doors:
    """The PIN of a class and who has given it.

    Parameters
    ----------
    pin : str
        Six digits.
    """

    pin: str = field(default_factory=lambda: f"{secrets.randbelow(10**6):06d}")
    _tokens: set = field(default_factory=set)
    _wrong: dict = field(default_factory=dict)  # address -> (wrong tries, not before)
    _recent: list = field(default_factory=list)  # times of wrong tries from anywhere

    def enter(self, pin, address: str, now: float) -> str | None:
        """Return a token for the right PIN, None for a wrong one.

        Raises
        ------
        Slow
            If this address, or all together, guessed too often.
        """
        tries, not_before = self._wrong.get(address, (0, 0.0))
        if now < not_before:
            raise Slow(not_before - now)
        self._recent = [each for each in self._recent if now - each < 60]
        if len(self._recent) >= ROOM_TRIES_PER_MIN:
            raise Slow(60 - (now - self._recent[0]))
        if isinstance(pin, str) and hmac.compare_digest(pin.strip().encode(), self.pin.encode()):
            self._wrong.pop(address, None)
            token = secrets.token_urlsafe(24)
            self._tokens.add(token)
            return token
        tries += 1
        over = tries - FREE_TRIES
        wait = min(FIRST_WAIT_S * 2 ** min(over, 12), LONGEST_WAIT_S) if over >= 0 else 0.0
        self._wrong[address] = (tries, now + wait)
        self._recent.append(now)
        return None

    def knows(self, token: str) -> bool:
        """Return whether a desk's token is one of ours."""
        return any(hmac.compare_digest(token.encode(), each.encode()) for each in self._tokens)
