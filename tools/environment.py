"""The virtual environment in `.venv`, and the locked packages in it.

uv installs from the lock in seconds where pip takes more than a minute; it is itself installed by pip, from the lock,
by hash. The user's pip configuration (indexes, certificates, proxies) is handed on to uv; where uv cannot do it, pip
does.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import tempfile
import venv
from pathlib import Path

from tools.failure import SetupError, run

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
_BUSY = ".lode-installing"


def python(folder: Path = FOLDER) -> Path:
    """Return the interpreter of the virtual environment `folder`."""
    return folder / "bin" / "python"


def is_whole(folder: Path) -> bool:
    """Whether `folder` is a virtual environment with a working pip that no killed set-up left half made."""
    if not python(folder).exists() or (folder / _BUSY).exists():
        return False
    script = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python(folder), "-c", script], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make(folder: Path = FOLDER) -> None:
    """Make the virtual environment unless a whole one is there."""
    if is_whole(folder):
        return
    discard(folder)
    try:
        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(folder)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(
            f"{folder} cannot be made: {error}. Free the disk or the permission, then run again."
        ) from None


def discard(folder: Path = FOLDER) -> None:
    """Remove the virtual environment."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise SetupError(f"{folder} cannot be removed: {error}. Remove it, then run again.") from None


def install(lock: Path, folder: Path = FOLDER) -> None:
    """Install exactly what `lock` names, every file checked against its hash.

    A marker stands in the folder meanwhile: a killed installation may leave half a package that counts as installed,
    so that the next set-up starts over.
    """
    marker = folder / _BUSY
    marker.touch()
    try:
        if not (folder / "bin" / "uv").exists():
            _install_uv(lock, folder)
        _install_with_uv(lock, folder)
    except SetupError as error:
        print(f"{error}\nInstalling with pip instead, which takes a minute longer.", flush=True)
        command = [*pip(folder), "install", "--require-hashes", "--no-deps", "--no-warn-script-location", "-r", lock]
        run(command, why="The packages cannot be installed")
    marker.unlink()


def pip(folder: Path = FOLDER) -> list[str | Path]:
    """Return the beginning of every pip command."""
    return [python(folder), "-m", "pip", "--disable-pip-version-check"]


def _install_uv(lock: Path, folder: Path) -> None:
    """Install uv alone, as `lock` pins it."""
    entry = re.search(r"^uv==.*(?:\n +--hash.*)*", lock.read_text(), re.MULTILINE)
    if entry is None:
        raise SetupError(f"{lock.name} does not pin uv.")
    with tempfile.TemporaryDirectory() as temporary:
        only_uv = Path(temporary) / "uv.lock"
        only_uv.write_text(entry.group().rstrip("\\ ") + "\n")
        run([*pip(folder), "install", "--quiet", "--require-hashes", "-r", only_uv], why="uv cannot be installed")


def _install_with_uv(lock: Path, folder: Path) -> None:
    settings = read_pip_settings(folder)
    env = uv_environment(settings) | dict(os.environ) | {"VIRTUAL_ENV": str(folder)}
    command: list[str | Path] = [
        folder / "bin" / "uv",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--no-deps",
        "-r",
        lock,
    ]
    if "no-index" in settings:
        command.append("--no-index")
    run(command, why="uv cannot install the packages", env=env)


def read_pip_settings(folder: Path = FOLDER) -> dict[str, str]:
    """Return the user's pip configuration."""
    listing = subprocess.run([*pip(folder), "config", "list"], capture_output=True, text=True, check=True).stdout
    return pip_settings(listing)


def pip_settings(listing: str) -> dict[str, str]:
    """Read `pip config list`: name to value, the environment before `[install]` before `[global]`."""
    found: dict[str, dict[str, str]] = {":env:": {}, "install": {}, "global": {}}
    for section, name, value in re.findall(r"^(:env:|install|global)\.([\w-]+)=(.*)$", listing, re.MULTILINE):
        found[section][name] = ast.literal_eval(value)
    return found["global"] | found["install"] | found[":env:"]


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """Say in uv's environment variables what `settings` say to pip.

    Several indexes are searched as pip searches them, all for every package: the hashes decide what may come in.
    """
    lists = {"extra-index-url": ("UV_INDEX", " "), "find-links": ("UV_FIND_LINKS", ",")}
    values = {
        "index-url": "UV_DEFAULT_INDEX",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
        "client-cert": "SSL_CLIENT_CERT",
        "proxy": "ALL_PROXY",
        "default-timeout": "UV_HTTP_TIMEOUT",
        "timeout": "UV_HTTP_TIMEOUT",
    }
    env = {variable: settings[name] for name, variable in values.items() if name in settings}
    env |= {
        variable: separator.join(settings[name].split())
        for name, (variable, separator) in lists.items()
        if name in settings
    }
    return env | {"UV_INDEX_STRATEGY": "unsafe-best-match"}
