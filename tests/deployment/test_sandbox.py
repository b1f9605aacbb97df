"""The real service with a read-only file system, as user 10001, without a network: what the container promises, without a container."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
BWRAP = shutil.which("bwrap")
INSIDE = """
import json, os, pathlib, signal, socket, subprocess, sys, time
import httpx

def resonanz(*words):
    return [sys.executable, "-W", "error", "-m", "service", *words]

told = {"uid": os.getuid()}
for place in ("/", sys.argv[1], "/usr"):
    try:
        (pathlib.Path(place) / "written").write_text("x")
    except OSError as error:
        told.setdefault("refused", []).append(error.strerror)
try:
    socket.create_connection(("192.0.2.1", 443), 2)
except OSError as error:
    told["outside"] = error.strerror
subprocess.run(resonanz("organisation", "set", "--name", "Beispiel AG"), check=True, capture_output=True)
service = subprocess.Popen(resonanz("serve", "--port", "8090"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
until = time.monotonic() + 120
while time.monotonic() < until and service.poll() is None:
    try:
        told["ready"] = httpx.get("http://127.0.0.1:8090/readyz", timeout=2).status_code
        break
    except httpx.TransportError:
        time.sleep(0.2)
assert service.poll() is None, service.stdout.read()
page = httpx.get("http://127.0.0.1:8090/", headers={"Accept": "text/html"}, timeout=20)
told["page"] = page.status_code
told["health"] = subprocess.run(resonanz("doctor", "--health"), env={**os.environ, "RESONANZ_PORT": "8090"}).returncode
service.send_signal(signal.SIGTERM)
told["ended"], told["said"] = service.wait(30), service.stdout.read()
data = pathlib.Path(os.environ["RESONANZ_DATA"])
told["modes"] = sorted({oct(path.stat().st_mode & 0o077) for path in data.rglob("*.key")})
print(json.dumps(told))
"""


def sandbox(place: Path, script: Path) -> list[str]:
    assert BWRAP is not None
    own = {
        "RESONANZ_DATA": "/mnt/data",
        "TMPDIR": "/mnt",
        "HOME": "/nonexistent",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Else each of the processes compiles everything anew.
        **({"PYTHONPYCACHEPREFIX": sys.pycache_prefix} if sys.pycache_prefix else {}),
    }
    return [
        BWRAP,
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/mnt"),
        *("--bind", str(place), "/mnt/data", "--ro-bind", str(script), "/mnt/inside.py"),
        *(
            "--unshare-user",
            "--uid",
            "10001",
            "--gid",
            "10001",
            "--unshare-net",
            "--unshare-pid",
            "--die-with-parent",
        ),
        *("--clearenv", "--setenv", "PATH", os.environ["PATH"], "--setenv", "LANG", "C.UTF-8"),
        *(word for name, value in own.items() for word in ("--setenv", name, value)),
        *("--chdir", str(ROOT), sys.executable, "/mnt/inside.py", str(ROOT)),
    ]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the service and its surroundings looked like from inside."""
    if BWRAP is None:
        pytest.skip("bubblewrap is not installed (apt-get install bubblewrap)")
    tried = subprocess.run(
        [BWRAP, "--ro-bind", "/", "/", "--unshare-user", "--unshare-net", "true"],
        check=False,
        capture_output=True,
    )
    if tried.returncode:
        pytest.skip(f"no sandbox can be made here: {tried.stderr.decode().strip()}")
    place = tmp_path_factory.mktemp("sandbox")
    (place / "data").mkdir()
    script = place / "inside.py"
    script.write_text(INSIDE)
    done = subprocess.run(
        sandbox(place / "data", script), check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_sandbox_is_what_it_claims_to_be(told: Any) -> None:
    assert told["uid"] == 10001
    assert told["refused"] == ["Read-only file system"] * 3
    assert told["outside"] == "Network is unreachable"


def test_the_service_starts_answers_and_ends_there(told: Any) -> None:
    assert (told["ready"], told["page"], told["health"]) == (200, 303, 0)
    assert told["ended"] == 0
    assert "Traceback" not in told["said"]


def test_keys_are_for_the_service_alone(told: Any) -> None:
    assert told["modes"] == ["0o0"]
