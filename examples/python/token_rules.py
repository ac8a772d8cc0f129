"""What an access token looks like, and what is in it."""

import base64
import json
import math
import re

import jwt

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_TEXTS = ("sub", "rsub", "tId", "sessionHandle", "refreshTokenHash1")
_JWS = jwt.PyJWS(algorithms=["RS256"])

# How factors are called in the claim st-mfa, where that differs.
_NAMES = {"sms": "otp-phone", "passkey": "webauthn", "email": "otp-email"}
# Seconds. A refresh renews roles that are older, and the service would ask the Core.
_ROLES_MAX_AGE = 300


def is_number(value):
    # True is an int in Python, and no number in JSON.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def _decode(part):
    if not _BASE64URL.fullmatch(part):
        return None
    try:
        text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
        decoded = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


class Token:
    """What looks like an access token. Nothing of it is to be trusted before its signature."""

    def __init__(self, raw, header, payload):
        self.raw, self.header, self.payload = raw, header, payload

    @classmethod
    def parse(cls, raw):
        """Returns None for anything that does not look like an access token: it counts as not being there."""
        parts = raw.split(".")
        if len(parts) != 3:
            return None
        header, payload = _decode(parts[0]), _decode(parts[1])
        if header is None or payload is None:
            return None
        if header.get("typ") != "JWT" or header.get("version") != "5" or "kid" not in header:
            return None
        # OAuth tokens of the same Core have another kind.
        kind = payload.get("stt", 0)
        is_session = is_number(kind) and kind == 0
        has_texts = all(isinstance(payload.get(name), str) for name in _TEXTS)
        has_times = is_number(payload.get("exp")) and is_number(payload.get("iat"))
        return cls(raw, header, payload) if is_session and has_texts and has_times else None

    def is_signed(self, keys):
        """The token chooses neither the algorithm nor the address of the key."""
        kid = self.header["kid"]
        # Other JWTs of the same Core have keys that begin with s-.
        if self.header.get("alg") != "RS256" or "crit" in self.header or not isinstance(kid, str) or not kid.startswith("d-"):
            return False
        key = keys.key(kid)
        if key is None:
            return False
        try:
            _JWS.decode(self.raw, key, algorithms=["RS256"])
        except jwt.PyJWTError:
            return False
        return True

    def is_in_time(self, now):
        """``now`` in milliseconds. No clock skew is allowed for: the service does not either."""
        seconds = now // 1000
        not_before = self.payload.get("nbf", 0)
        return self.payload["exp"] > seconds and is_number(not_before) and not_before <= seconds

    @property
    def is_unconfirmed(self):
        """Whether it is the first token after a refresh, which only the Core can confirm."""
        return self.payload.get("parentRefreshTokenHash1") is not None

    def _claim(self, name):
        claim = self.payload.get(name)
        return claim if isinstance(claim, dict) else {}

    def lacks_second_factor(self, claim_name, requirement, now):
        """Returns what is missing of it in the form of SuperTokens' claim errors, or None."""
        claim, factors, max_age = self._claim(claim_name), requirement.get("factors"), requirement.get("maxAge")
        if claim.get("v") is not True:
            return {"id": claim_name, "reason": {"message": "wrong value", "expectedValue": True, "actualValue": claim.get("v")}}
        acr = {} if factors is None else {"acrValues": [f"urn:fastify-2fa:{factor}" for factor in factors]}
        since = claim.get("t") if is_number(claim.get("t")) else 0
        if factors is not None:
            since = self._last_passed(factors)
            if since is None:
                return {"id": claim_name, "reason": {"message": "wrong factor", **acr}}
        # Negative where clocks differ: the Core has signed that it passed.
        age = math.floor((now - since) / 1000)
        if max_age is None or age <= max_age:
            return None
        return {"id": claim_name, "reason": {"message": "expired", "ageInSeconds": age, "maxAgeInSeconds": max_age, **acr}}

    def _last_passed(self, factors):
        completed = self._claim("st-mfa").get("c")
        if not isinstance(completed, dict):
            return None
        times = [completed.get(_NAMES.get(factor, factor)) for factor in factors]
        return max((seconds * 1000 for seconds in times if is_number(seconds)), default=None)

    def lacks(self, claim_name, wanted):
        """Returns what is missing of these roles (st-role) or permissions (st-perm), or None."""
        held = self._claim(claim_name).get("v")
        # "admin" in "superadmin" is True: only a list holds roles.
        if not wanted or (isinstance(held, list) and all(one in held for one in wanted)):
            return None
        return {"id": claim_name, "reason": {"message": "wrong value", "expectedToIncludeAllOf": wanted, "actualValue": held}}

    def is_old(self, claim_name, now):
        at = self._claim(claim_name).get("t")
        return not is_number(at) or abs(now - at) > _ROLES_MAX_AGE * 1000
