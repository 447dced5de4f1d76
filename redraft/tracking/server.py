"""Calls to the ClearML server, with its refusals as our errors.

The SDK wraps most calls and hides their results; what must be checked (is it registered? was it still open?) is
called here by its API name. The SDK's own session is used, so that its configuration, tokens and retries apply.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Iterator
from typing import Any

import requests

from redraft.errors import ServerRefused, ServerUnavailable

PING_TIMEOUT_S = 5.0
LOOK_TIMEOUT_S = 2.0
SOON_S = (5.0, 20.0)  # to connect, to answer
SOON_STORED_S = 10  # for a small file to be stored or to arrive

_soon = threading.Event()  # set by `fail_soon`, for all of the process


NO_SUCH_TASK = 100  # the server's code


class Refusal(ServerRefused):
    """The server's no, with its codes.

    Args:
        code: HTTP status, e.g. 400.
        subcode: ClearML's own, e.g. 110 (the task's status does not allow it), 703 (not in that queue).
        message: The server's words.
    """

    def __init__(self, action: str, code: int, subcode: int, message: str) -> None:
        super().__init__(f"{action}: the ClearML server refused ({code}/{subcode}): {message}")
        self.code, self.subcode = code, subcode


class NoSuchTask(Refusal):
    """There is no such task or dataset: somebody deleted it."""

    def __init__(self, task_id: str) -> None:
        ServerRefused.__init__(self, f"task or dataset {task_id} is not on the server: somebody deleted it")
        self.code, self.subcode = 400, NO_SUCH_TASK


def check_server() -> str:
    """Reach the configured server and sign in; return its address.

    Raises:
        ServerUnavailable: Nothing answers at the configured address.
        ServerRefused: It answers, but not to these credentials.
    """
    from clearml.backend_api.session import Session
    from clearml.backend_api.session.session import LoginError

    host = Session.get_api_server_host()
    configure = "set CLEARML_API_HOST, CLEARML_API_ACCESS_KEY and CLEARML_API_SECRET_KEY, or run `clearml-init`"
    try:
        ping(host, PING_TIMEOUT_S)
    except requests.RequestException as error:
        reason = type(error).__name__
        raise ServerUnavailable(f"no ClearML server answers at {host} ({reason})", remedy=configure) from None
    try:
        Session()
    except (LoginError, ValueError):
        raise ServerRefused(
            f"the ClearML server at {host} does not accept the configured credentials", remedy=configure
        ) from None
    return str(host)


def fail_soon() -> None:
    """Let this process's calls give up within seconds when the server is away; the SDK's default is many minutes.

    For a page, which must say so and go on; a pipeline's steps rather wait.
    """
    from clearml.backend_api.session import Session
    from clearml.backend_api.utils import SessionWithTimeout
    from clearml.backend_interface.base import InterfaceBase
    from clearml.config import config_obj
    from clearml.storage.helper import _HttpDriver

    retries = {"total": 1, "connect": 1, "read": 1, "status": 0, "backoff_factor": 0.2}
    session = Session(initialize_logging=False, config=config_obj, http_retries_config=retries)
    session._session_timeout = SOON_S
    _HttpDriver.timeout_connection = _HttpDriver.timeout_total = SOON_STORED_S
    SessionWithTimeout.write_timeout = (SOON_STORED_S, SOON_STORED_S)  # the least for files of more than 15 kB
    InterfaceBase._set_default_session(session)
    config_obj.get("api.http").put("wait_on_maintenance_forever", False)  # 503 would be asked again without a pause
    _soon.set()


def fails_soon() -> bool:
    """Whether this process gives up within seconds when the server is away."""
    return _soon.is_set()


def answers() -> bool:
    """Whether the configured server is there, asked now."""
    from clearml.backend_api.session import Session

    try:
        return bool(ping(Session.get_api_server_host(), LOOK_TIMEOUT_S).ok)
    except requests.RequestException:
        return False


def ping(host: str, timeout_s: float) -> requests.Response:
    """Ask a server once whether it is there, with the SDK's settings for certificates.

    Raises:
        requests.RequestException: It is not.
    """
    from clearml.backend_api.utils import get_http_session_with_retry
    from clearml.config import config_obj

    with get_http_session_with_retry(config=config_obj) as session:
        reply: requests.Response = session.get(f"{host}/debug.ping", timeout=timeout_s)
    return reply


def ask_nobody_for_updates() -> None:
    """Keep the SDK from asking its vendor for a newer version at every `Task.init`; no setting does."""
    from clearml.utilities.check_updates import CheckPackageUpdates

    CheckPackageUpdates._package_version_checked = True


def call(action: str, **fields: Any) -> dict[str, Any]:
    """Call `service.action` and return the reply's data.

    The HTTP method is the SDK's (`api.http.default_method`): it repeats nothing that is sent by POST, so that a proxy's
    502 during a restart would end a run of days. A repeated call may be one that was done already; whoever cares looks.

    Raises:
        Refusal: The server said no.
        ServerUnavailable: It could not be reached.
    """
    from clearml import Task
    from clearml.backend_api.session.session import LoginError

    service, _, name = action.partition(".")
    log = logging.getLogger("clearml")
    level = log.level
    try:
        reply = Task._get_default_session().send_request(service, name, json=fields)
    except (requests.RequestException, ConnectionError, LoginError) as error:  # a login: the token has expired
        raise ServerUnavailable(f"{action}: the ClearML server cannot be reached ({type(error).__name__})") from None
    finally:
        log.setLevel(level)
    try:
        body = reply.json()
        meta = body["meta"]
    except (ValueError, KeyError):
        raise ServerUnavailable(
            f"{action}: HTTP {reply.status_code} without a ClearML reply",
            remedy="is that address a ClearML API server?",
        ) from None
    if meta["result_code"] != requests.codes.ok:
        raise Refusal(action, meta["result_code"], meta.get("result_subcode", 0), meta.get("result_msg", ""))
    return dict(body.get("data") or {})


def find_tasks(*, only_fields: list[str], page_size: int = 500, **filters: Any) -> Iterator[dict[str, Any]]:
    """Every task that matches, hidden projects included, oldest first, page by page."""
    page = 0
    while True:
        found = call(
            "tasks.get_all",
            **{"order_by": ["created"], **filters},
            only_fields=["id", *only_fields],
            search_hidden=True,
            page=page,
            page_size=page_size,
        )["tasks"]
        yield from found
        if len(found) < page_size:
            return
        page += 1


def unix_time(text: str | None) -> float:
    """A time as the server says it, in Unix seconds; 0 for none.

    >>> unix_time("2026-03-02T12:00:00.000000+00:00") == unix_time("2026-03-02T12:00:00Z") == 1772452800.0
    True
    """
    if not text:
        return 0.0
    said = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (said if said.tzinfo else said.replace(tzinfo=datetime.UTC)).timestamp()


def project_ids(name: str) -> list[str]:
    """Ids of a project and all below it, hidden ones included; empty when it does not exist."""
    import re

    pattern = f"^{re.escape(name)}(/.*)?$"
    found = call("projects.get_all", name=pattern, only_fields=["id", "name"], search_hidden=True)["projects"]
    return [str(project["id"]) for project in found]
