"""The keys that the service publishes."""

import json
import threading
import time
import urllib.request

import jwt

# Keys older than this are loaded again, so that a key that was taken away is not trusted much longer.
REFRESH_AFTER = 5 * 60
# Keys older than this are not trusted, though the service does not answer.
STALE_AFTER = 4 * 60 * 60
# Tokens with made-up key ids must not flood the service.
PAUSE = 1
# Requests wait for the keys meanwhile.
PAUSE_AFTER_FAILURE = 10


class Unavailable(Exception):
    """The service cannot be asked, so nobody knows whether the token is good."""


class KeySet:
    """``url`` is <API_DOMAIN>/auth/jwt/jwks.json. Never take it from a token."""

    def __init__(self, url, clock=time.monotonic):
        self._url, self._clock = url, clock
        self._lock = threading.Lock()
        self._keys, self._loaded_at, self._ask_next = None, 0.0, clock()

    def key(self, kid):
        """Returns the key of this id, or None if there is none."""
        with self._lock:
            now = self._clock()
            is_fresh = self._keys is not None and now - self._loaded_at < REFRESH_AFTER
            if (not is_fresh or kid not in self._keys) and now >= self._ask_next:
                self._load(now)
            if self._keys is None or now - self._loaded_at > STALE_AFTER:
                raise Unavailable
            return self._keys.get(kid)

    def _load(self, now):
        self._ask_next = now + PAUSE_AFTER_FAILURE
        try:
            with urllib.request.urlopen(self._url, timeout=2) as answer:
                keys = json.loads(answer.read(1 << 20))["keys"]
            self._keys = {key["kid"]: jwt.PyJWK(key).key for key in keys if key["kty"] == "RSA" and key["alg"] == "RS256"}
        except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError):
            return
        self._loaded_at, self._ask_next = now, now + PAUSE
