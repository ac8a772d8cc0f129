"""Decides about requests as the service does: see docs/other-languages.md."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request

from keys import Unavailable
from token_rules import Token

# The headers by which the service hands out a new token.
_FOR_CLIENT = ("Set-Cookie", "st-access-token", "front-token", "anti-csrf", "Access-Control-Expose-Headers")
_STATUS = {401: "401 Unauthorized", 403: "403 Forbidden", 503: "503 Service Unavailable"}
_CHALLENGE = 'Bearer error="insufficient_user_authentication", error_description="A second factor is needed"'


class Refusal(Exception):
    """An answer that SuperTokens' frontends understand."""

    def __init__(self, status, body, headers=()):
        super().__init__(body)
        self.status, self.body, self.headers = status, body, list(headers)


def _unauthorised():
    return Refusal(401, {"message": "unauthorised"})


def _try_refresh():
    return Refusal(401, {"message": "try refresh token"})


def _invalid_claim(error, headers):
    return Refusal(403, {"message": "invalid claim", "claimValidationErrors": [error]}, headers)


def _challenge(reason):
    """That of RFC 9470. The status stays 403: at 401, frontends would refresh again and again."""
    text = _CHALLENGE
    if "acrValues" in reason:
        text += f', acr_values="{" ".join(reason["acrValues"])}"'
    if "maxAgeInSeconds" in reason:
        text += f', max_age="{reason["maxAgeInSeconds"]}"'
    return ("WWW-Authenticate", text)


def confirm_at(url):
    """Asks a route of the service, such as <API_DOMAIN>/sessioninfo, about the session of a request.

    GET needs no anti-CSRF. What the service says of claims does not matter here: 403 confirms the session too.
    """

    def confirm(environ):
        sent = {"Authorization": environ.get("HTTP_AUTHORIZATION"), "Cookie": environ.get("HTTP_COOKIE")}
        request = urllib.request.Request(url, headers={name: value for name, value in sent.items() if value is not None})
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return True, [(name, value) for name in _FOR_CLIENT for value in answer.headers.get_all(name, [])]
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):
                return error.code == 403, []
            raise Unavailable from error
        except OSError as error:
            raise Unavailable from error

    return confirm


class Verifier:
    """How the service is configured: TOKEN_TRANSFER_METHOD, ANTI_CSRF, WEBSITE_DOMAIN.

    ``claim`` is 2fa-completed, or phone-verified where FIRST_FACTOR is phone-password. ``confirm`` asks the service
    about the first token after a refresh; without it, such tokens are refused. ``clock`` returns milliseconds.
    """

    def __init__(self, keys, *, claim="2fa-completed", transfer_method="any", anti_csrf="VIA_CUSTOM_HEADER", websites=(), confirm=None,
                 clock=lambda: time.time_ns() // 1_000_000):
        self._keys, self._claim, self._transfer_method, self._anti_csrf = keys, claim, transfer_method, anti_csrf
        self._websites, self._confirm, self._clock = frozenset(websites), confirm, clock

    def decide(self, environ, requirement):
        """Returns the payload of the session and headers for the answer, or raises a Refusal."""
        token, by_cookie = self._find(environ)
        now = self._clock()
        try:
            if not token.is_signed(self._keys) or not token.is_in_time(now) or (by_cookie and self._is_forged(environ, token)):
                raise _try_refresh()
            headers = self._confirmed(environ) if token.is_unconfirmed else []
        except Unavailable:
            raise Refusal(503, {"message": "try again later"}, [("Retry-After", "2")]) from None
        self._check_claims(token, requirement, now, headers)
        if by_cookie and self._is_hijacked(environ):
            raise Refusal(403, {"code": "AUTH_ORIGIN_REFUSED", "message": "This page may not open a WebSocket."}, headers)
        return token.payload, headers

    def _find(self, environ):
        """Looks for the token where the service does: the header first, then the cookie."""
        pairs = [pair.strip().partition("=") for pair in environ.get("HTTP_COOKIE", "").split(";")]
        # Of very old SDKs: such a session has to be refreshed.
        if any(name == "sIdRefreshToken" for name, _, _ in pairs):
            raise _try_refresh()
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        if self._transfer_method != "cookie" and authorization.startswith("Bearer "):
            token = Token.parse(authorization[len("Bearer "):].strip())
            if token is not None:
                return token, False
        if self._transfer_method == "header":
            raise _unauthorised()
        # A page on a sibling domain can plant a cookie of this name, also in percent-encoding (cookie tossing).
        if sum(urllib.parse.unquote(name) == "sAccessToken" for name, _, _ in pairs) > 1:
            raise _try_refresh()
        token = next((Token.parse(value) for name, _, value in pairs if name == "sAccessToken"), None)
        if token is None:
            raise _unauthorised()
        return token, True

    def _is_forged(self, environ, token):
        """Whether another website may have sent the request with the user's cookies."""
        if environ["REQUEST_METHOD"] == "GET" or self._anti_csrf == "NONE":
            return False
        if self._anti_csrf == "VIA_TOKEN":
            expected = token.payload.get("antiCsrfToken")
            return not isinstance(expected, str) or environ.get("HTTP_ANTI_CSRF") != expected
        return "HTTP_RID" not in environ

    def _is_hijacked(self, environ):
        """Whether another website opens a WebSocket with the user's cookies (RFC 6455, 10.2)."""
        return "websocket" in environ.get("HTTP_UPGRADE", "").lower() and environ.get("HTTP_ORIGIN") not in self._websites

    def _confirmed(self, environ):
        confirmed, headers = (False, []) if self._confirm is None else self._confirm(environ)
        if not confirmed:
            raise _unauthorised()
        return headers

    def _check_claims(self, token, requirement, now, headers):
        missing = token.lacks_second_factor(self._claim, requirement, now)
        if missing is not None:
            raise _invalid_claim(missing, [*headers, _challenge(missing["reason"])])
        wanted = [(name, requirement[option]) for name, option in (("st-role", "roles"), ("st-perm", "permissions")) if requirement.get(option)]
        for name, names in wanted:
            lacking = token.lacks(name, names)
            if lacking is not None:
                raise _invalid_claim(lacking, headers)
        if any(token.is_old(name, now) for name, _ in wanted):
            raise _try_refresh()

    def require(self, requirement, app):
        """Wraps a WSGI app: only sessions that meet the requirement get in. ``environ["session"]`` is the payload."""

        def guarded(environ, start_response):
            try:
                session, headers = self.decide(environ, requirement)
            except Refusal as refusal:
                start_response(_STATUS[refusal.status], [("Content-Type", "application/json"), *refusal.headers])
                return [json.dumps(refusal.body).encode()]
            return app({**environ, "session": session}, lambda status, own, *rest: start_response(status, [*own, *headers], *rest))

        return guarded
