"""Runs a function's release build under the emulator of Lambda's runtime, and invokes it."""

import json
import os
import site
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from build import bootstrap_of
from client import equal
from emulator import end_group, free_port

TABLE = "reckon"
EVENTS = Path(__file__).resolve().parent / "events"
EMULATOR = Path(site.getsitepackages()[0]) / "samcli" / "local" / "rapid" / "aws-lambda-rie-x86_64"


class Function:
    """A function that runs."""

    def __init__(self, name, process, port, log):
        self.name, self.process, self.port, self.log = name, process, port, log
        self.program = None

    def invoke(self, event):
        """What the function answers to an event."""
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, json.dumps(event).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = json.loads(response.read() or "null")
        except (urllib.error.URLError, ConnectionError, ValueError) as error:
            raise AssertionError(f"{self.name} gave no answer: {error}\n{self.last_words()}") from error
        if isinstance(answer, dict) and "errorType" in answer:
            raise AssertionError(f"{self.name} failed: {answer}\n{self.last_words()}")
        return answer

    def hold_to_same_process(self):
        """The emulator begins a program that ended anew; on Lambda, too, that costs a start and an answer."""
        before, self.program = self.program, program_of(self.process.pid)
        if before is not None:
            equal(self.program, before, f"the process of {self.name}, which must not have ended in between")

    def last_words(self):
        return f"---- {self.log}\n{self.log.read_text(errors='replace')[-3000:]}"


@contextmanager
def running(name, folder, table_port, **variables):
    """The function of that name, over the table at a port of this machine."""
    port, runtime_port = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "RECKON_TABLE": TABLE,
        "RECKON_TABLE_ENDPOINT": f"http://127.0.0.1:{table_port}",
        "RECKON_LOG": "INFO",
        **variables,
    }
    command = [
        EMULATOR,
        "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
        "--runtime-api-address", f"127.0.0.1:{runtime_port}",
        bootstrap_of(name),
    ]  # fmt: skip
    log = folder / f"{name}.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        wait_for_port(port, process, log)
        yield Function(name, process, port, log)
    finally:
        end_group(process)


@contextmanager
def table(program, folder):
    """Serves the embedded table; answers the port where it listens."""
    port, log = free_port(), folder / "table.log"
    command = [program, "--data", folder / "data", "table", "--listen", f"127.0.0.1:{port}", "--name", TABLE]
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        wait_for_port(port, process, log)
        yield port
    finally:
        end_group(process)


def wait_for_port(port, process, log):
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at port {port}:\n{log.read_text(errors='replace')[-3000:]}")


def program_of(emulator):
    """The process that the emulator runs the function's program in."""
    children = Path(f"/proc/{emulator}/task/{emulator}/children").read_text().split()
    for task in Path(f"/proc/{emulator}/task").iterdir():
        children += (task / "children").read_text().split()
    assert children, "the function's program does not run"
    return sorted(set(children))[0]


def recorded(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


def request(method, path, query="", key=None, body=None, headers=None):
    """A request as API Gateway hands it to a function; `body` is text, or None."""
    event = recorded("request")
    event.update(rawPath=path, rawQueryString=query, routeKey=f"{method} {path}")
    event["requestContext"]["http"].update(method=method, path=path)
    event["requestContext"]["routeKey"] = f"{method} {path}"
    if query:
        event["queryStringParameters"] = joined(query)
    if key:
        event["headers"]["authorization"] = f"Bearer {key}"
    if body is not None:
        event["headers"].update({"content-type": "application/json", "content-length": str(len(body))})
        event["body"] = body
    event["headers"].update(headers or {})
    return event


def joined(query):
    """The parameters of a query string, the values of each joined as API Gateway does it."""
    values = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        values.setdefault(name, []).append(value)
    return {name: ",".join(each) for name, each in values.items()}
