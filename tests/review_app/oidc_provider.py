"""A small login provider (OpenID Connect Core 1.0, authorization code flow) that lets everybody in as whom it is told.

It has no form: whoever is sent to `/authorize` comes back at once, with the claims that the test has set.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "redraft-page", "secret of the page"


class LoginProvider(ThreadingHTTPServer):
    """The provider; `claims` is whom it vouches for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.claims: Mapping[str, Any] = {}
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.nonces: dict[str, str] = {}  # by authorization code

    @property
    def url(self) -> str:
        """Its address, which is also the issuer's name."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: LoginProvider

    def do_GET(self) -> None:
        provider, address = self.server, urlsplit(self.path)
        if address.path == "/.well-known/openid-configuration":
            self._reply(
                {
                    "issuer": provider.url,
                    "authorization_endpoint": f"{provider.url}/authorize",
                    "token_endpoint": f"{provider.url}/token",
                    "jwks_uri": f"{provider.url}/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                }
            )
        elif address.path == "/keys":
            self._reply({"keys": [provider.key.as_dict(private=False)]})
        elif address.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            code = secrets.token_hex(8)
            provider.nonces[code] = asked.get("nonce", "")
            self.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        provider = self.server
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        nonce = provider.nonces.pop(given["code"][0])
        now = int(time.time())
        claims = {"iss": provider.url, "aud": CLIENT_ID, "iat": now, "exp": now + 600, "nonce": nonce, "sub": "1"}
        token = jwt.encode({"alg": "RS256", "kid": "1"}, {**claims, **provider.claims}, provider.key)
        self._reply({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def _reply(self, body: Mapping[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def login_provider() -> Iterator[LoginProvider]:
    """Run a provider until the end of the block."""
    with LoginProvider() as provider:
        thread = threading.Thread(target=provider.serve_forever)
        thread.start()
        try:
            yield provider
        finally:
            provider.shutdown()
            thread.join()


def secrets_toml(provider: LoginProvider, page_port: int) -> str:
    """Streamlit's file of secrets for this provider."""
    return (
        "[auth]\n"
        f'redirect_uri = "http://127.0.0.1:{page_port}/oauth2callback"\n'
        'cookie_secret = "a long random text of the test"\n'
        f'client_id = "{CLIENT_ID}"\n'
        f'client_secret = "{CLIENT_SECRET}"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
