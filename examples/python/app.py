"""A service behind the same sign-in: python3 app.py with AUTH_SERVICE, the origin of fastify-2fa."""

import json
import os
import socketserver
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from keys import KeySet
from verifier import Verifier, confirm_at

auth = os.environ.get("AUTH_SERVICE", "http://localhost:3000")
verifier = Verifier(
    KeySet(f"{auth}/auth/jwt/jwks.json"),
    claim=os.environ.get("CLAIM", "2fa-completed"),
    transfer_method=os.environ.get("TOKEN_TRANSFER_METHOD", "any"),
    anti_csrf=os.environ.get("ANTI_CSRF", "VIA_CUSTOM_HEADER"),
    websites=[os.environ.get("WEBSITE_DOMAIN", "http://localhost:3001")],
    confirm=confirm_at(f"{auth}/sessioninfo"),
)


def answering(body_of):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(body_of(environ.get("session"))).encode()]

    return app


routes = {
    "/orders": verifier.require({}, answering(lambda session: {"user": session["sub"]})),
    "/payout": verifier.require({"maxAge": 300}, answering(lambda session: {"paid": True})),
    "/admin": verifier.require({"roles": ["admin"]}, answering(lambda session: {"admin": True})),
}


def not_found(_environ, start_response):
    start_response("404 Not Found", [("Content-Type", "application/json")])
    return [b"{}"]


def application(environ, start_response):
    return routes.get(environ["PATH_INFO"], not_found)(environ, start_response)


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):  # noqa: A002
        """Logs nothing: addresses may hold what is secret."""


if __name__ == "__main__":
    host, port = os.environ.get("LISTEN", "127.0.0.1:8080").split(":")
    with make_server(host, int(port), application, server_class=Server, handler_class=Quiet) as server:
        print(f"http://{host}:{server.server_port}", flush=True)
        server.serve_forever()
