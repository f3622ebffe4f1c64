"""Starts the emulator of AWS on this machine, and always ends it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

REGION = "eu-central-1"
ACCOUNT = "000000000000"


class Emulator:
    """Where the emulator answers, and how to speak to it."""

    def __init__(self, port, folder):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.log = folder / "emulator.log"

    def environment(self):
        """What AWS's own clients read, with credentials that open nothing else."""
        return {
            "PATH": os.environ["PATH"],
            # No profile of the person who runs this is read, and nothing is written there.
            "HOME": str(self.folder),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }

    def aws(self, *words):
        """Runs AWS's command line, and answers what it printed."""
        program = Path(sys.executable).with_name("aws")
        done = subprocess.run([program, *words], env=self.environment(), capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"aws {' '.join(words[:2])} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


@contextmanager
def emulator(folder):
    """The emulator over an empty folder, listening on this machine alone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    it = Emulator(free_port(), folder)
    environment = {
        **it.environment(),
        # Its own functions read the table's address from the template's parameter, and need no other.
        "AWS_ENDPOINT_URL": "",
        "GATEWAY_PORT": str(it.port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": REGION,
        # Requests are held to IAM: each function has what its role in the template allows, and no more.
        "AUTH": "true",
        # These would listen on all of the machine's addresses.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
    }
    program = Path(sys.executable).with_name("ministack")
    with open(it.log, "wb") as log:
        # A group of its own, so that the functions that it runs end with it.
        process = subprocess.Popen(
            [program], env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until_ready(it, process)
        yield it
    finally:
        end_group(process)


def clean_up_when_terminated():
    """Makes a request to end do what ctrl-c does, so that nothing is left running."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_ready(it, process):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{it.url}/_ministack/health", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"the emulator did not start:\n{it.log.read_text()[-4000:]}")


def end_group(process):
    """Ends a process and all that it started, and waits for it."""
    for request in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, request)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
