import io
import json
import pathlib
import unittest
from unittest import mock

from keys import KeySet, Unavailable
from verifier import Verifier

FOLDER = pathlib.Path(__file__).parent.parent / "vectors"
JWKS = (FOLDER / "jwks.json").read_bytes()
VECTORS = [case for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text()).get("cases", [])]


def published(content=JWKS):
    return mock.patch("urllib.request.urlopen", side_effect=lambda *_, **__: io.BytesIO(content))


def ask(keys, vector):
    """Returns the status, the body and the user of the vector's request."""
    service, request = vector["service"], vector["request"]
    verifier = Verifier(
        keys, claim=service["claim"], transfer_method=service["transferMethod"], anti_csrf=service["antiCsrf"],
        websites=["https://shop.example"], clock=lambda: vector["clock"], confirm=lambda _: (vector.get("core") == "confirms", []),
    )
    environ = {"REQUEST_METHOD": request["method"], **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request["headers"].items()}}
    told = {}

    def start_response(status, headers):
        told.update(status=int(status[:3]), headers=dict(headers))

    def app(environ, start_response):
        start_response("200 OK", [])
        return [json.dumps({"user": environ["session"]["sub"]}).encode()]

    body = verifier.require(vector["requirement"], app)(environ, start_response)
    return {**told, "body": json.loads(b"".join(body))}


class Vectors(unittest.TestCase):
    def test_vectors(self):
        self.assertGreaterEqual(len(VECTORS), 80)
        with published():
            keys = KeySet("http://service/jwks.json")
            for vector in VECTORS:
                with self.subTest(vector["name"]):
                    self.compare(ask(keys, vector), vector["expected"])

    def compare(self, answer, expected):
        status = 200 if expected["decision"] == "admit" else int(expected["decision"])
        self.assertEqual(answer["status"], status, answer["body"])
        for name in ("user", "message", "code"):
            if name in expected:
                self.assertEqual(answer["body"][name], expected[name])
        if "claim" in expected:
            [error] = answer["body"]["claimValidationErrors"]
            self.assertEqual(error["id"], expected["claim"]["id"])
            self.assertEqual({**error["reason"], **expected["claim"]["reason"]}, error["reason"])


class Roles(unittest.TestCase):
    def test_roles_that_the_service_would_fetch_again_are_refreshed(self):
        vector = next(case for case in VECTORS if case["name"] == "the role, five minutes ago")
        with published():
            answer = ask(KeySet("http://service/jwks.json"), {**vector, "clock": vector["clock"] + 1000})
        self.assertEqual((answer["status"], answer["body"]), (401, {"message": "try refresh token"}))


class Keys(unittest.TestCase):
    def setUp(self):
        self.now = 0
        self.keys = KeySet("http://service/jwks.json", clock=lambda: self.now)

    def test_made_up_key_ids_do_not_flood_the_service(self):
        with published() as asked:
            for _ in range(100):
                self.assertIsNone(self.keys.key("d-unknown"))
            self.assertEqual(asked.call_count, 1)

    def test_keys_are_kept_while_the_service_is_down(self):
        with published():
            self.assertIsNotNone(self.keys.key("d-1"))
        with mock.patch("urllib.request.urlopen", side_effect=OSError):
            self.now = 60 * 60
            self.assertIsNotNone(self.keys.key("d-1"))
            self.now = 5 * 60 * 60
            with self.assertRaises(Unavailable):
                self.keys.key("d-1")

    def test_a_key_that_is_taken_away_is_forgotten(self):
        with published():
            self.assertIsNotNone(self.keys.key("d-1"))
        with published(json.dumps({"keys": json.loads(JWKS)["keys"][1:]}).encode()):
            self.now = 5 * 60
            self.assertIsNone(self.keys.key("d-1"))

    def test_without_keys_nobody_is_told_to_sign_in_again(self):
        with mock.patch("urllib.request.urlopen", side_effect=OSError):
            answer = ask(self.keys, VECTORS[0])
        self.assertEqual(answer["status"], 503)
        self.assertIn("Retry-After", answer["headers"])


if __name__ == "__main__":
    unittest.main()
