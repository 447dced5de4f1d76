"""The configuration file for SDK and agent: everything points at this server and into one cache folder.

Nothing is read from or written to the user's home, and no tokens for Git or package indexes are configured.
"""

from __future__ import annotations

import json
from pathlib import Path

from redraft.standins.clearml_server.folder import Identity

_TEMPLATE = """\
# Written by Redraft's stand-in for a ClearML server at every start. It holds a key: do not share it.
api {{
    api_server: {url}
    web_server: {url}
    files_server: {url}
    credentials {{
        access_key: {access_key}
        secret_key: {secret_key}
    }}
}}
sdk {{
    storage.cache.default_base_dir: {sdk_cache}
    development {{
        # one process less for each task: faster, and no hang at exit
        report_use_subprocess: false
        suppress_update_message: true
    }}
}}
agent {{
    disable_agent_update_check: true
    venvs_dir: {venvs}
    venvs_cache.path: {venvs_cache}
    vcs_cache.path: {vcs_cache}
    pip_download_cache.path: {pip_downloads}
    docker_pip_cache: {docker_pip}
    docker_apt_cache: {docker_apt}
    bootstrap.host_bootstrap_dir: {bootstrap}
    bootstrap.host_bootstrap_cache_dir: {bootstrap_cache}
    package_manager {{
        type: pip
        system_site_packages: false
        force_upgrade: false
        priority_optional_packages: []
        pytorch_resolve: "none"
    }}
}}
"""


def client_config(url: str, identity: Identity, cache: Path) -> str:
    """Return the text of a `clearml.conf` for this server.

    Args:
        url: where API, files and web pages are.
        identity: the keys.
        cache: the folder for everything that SDK and agent would keep in the user's home.
    """
    folders = {
        "sdk_cache": "sdk",
        "venvs": "venvs-builds",
        "venvs_cache": "venvs-cache",
        "vcs_cache": "vcs-cache",
        "pip_downloads": "pip-downloads",
        "docker_pip": "docker-pip",
        "docker_apt": "docker-apt",
        "bootstrap": "bootstrap",
        "bootstrap_cache": "bootstrap-cache",
    }
    values = {name: str(cache.resolve() / folder) for name, folder in folders.items()}
    values |= {"url": url, "access_key": identity.access_key, "secret_key": identity.secret_key}
    return _TEMPLATE.format(**{name: json.dumps(value, ensure_ascii=False) for name, value in values.items()})
