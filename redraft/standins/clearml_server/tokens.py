"""Who may in: one key pair for each folder, and signed tokens (JWT, HS256) that expire."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field

from redraft.standins.clearml_server.call import COMPANY, USER, ApiError, Json

API_VERSION = "2.34"
SERVER_VERSION = "2.3.0"
_DEFAULT_LIFE_S = 30 * 24 * 3600
_REMEMBERED = 1000
_HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Checks credentials and makes tokens.

    Attributes:
        access_key: the user part of the pair.
        secret_key: the password part of the pair.
        signing_key: what tokens are signed with; never leaves the folder.
    """

    access_key: str
    secret_key: str
    signing_key: str
    _known: dict[str, float] = field(default_factory=dict, repr=False)
    """Tokens that were checked already, and until when they are good."""

    def issue(self, life_s: int | None = None) -> str:
        """Return a new token that is good for `life_s` seconds (default: 30 days)."""
        now = int(time.time())
        payload = {
            "iat": now,
            "exp": now + (life_s or _DEFAULT_LIFE_S),
            "auth_type": "Bearer",
            "identity": {"user": USER, "company": COMPANY, "role": "user", "user_name": USER, "company_name": COMPANY},
            "env": "",
            "api_version": API_VERSION,
            "server_version": SERVER_VERSION,
            "feature_set": "basic",
        }
        body = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=")
        return b".".join((_HEADER, body, self._sign(_HEADER + b"." + body))).decode()

    def check(self, authorization: str) -> None:
        """Let a request in, by `Basic key:secret` or `Bearer token`.

        Raises:
            ApiError: 401 if the header is missing, wrong or expired.
        """
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "bearer":
            self._check_token(value)
        elif scheme.lower() == "basic":
            self._check_pair(value)
        else:
            raise ApiError(401, 20, "Unauthorized (missing credentials)")

    def read(self, token: str) -> Json:
        """Return what a token says.

        Raises:
            ApiError: 401/22 if it is not ours, 401/21 if it expired.
        """
        signed, _, signature = token.strip().encode().rpartition(b".")
        if not hmac.compare_digest(self._sign(signed), signature):
            raise ApiError(401, 22, "Unauthorized (invalid token)")
        body = signed.partition(b".")[2]
        payload: Json = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
        if payload["exp"] < time.time():
            raise ApiError(401, 21, "Unauthorized (token expired)")
        return payload

    def _check_token(self, token: str) -> None:
        if self._known.get(token, 0.0) > time.time():
            return
        expires = float(self.read(token)["exp"])
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[token] = expires

    def _check_pair(self, encoded: str) -> None:
        try:
            pair = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            pair = b""
        if not hmac.compare_digest(pair, f"{self.access_key}:{self.secret_key}".encode()):
            raise ApiError(401, 20, "Unauthorized (invalid credentials)")

    def _sign(self, data: bytes) -> bytes:
        digest = hmac.new(self.signing_key.encode(), data, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=")
