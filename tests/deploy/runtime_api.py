"""The least of Lambda's runtime API: it notes when a function first asks for work, and hands it one event."""

import socket
import time


class RuntimeApi:
    """Listens at a port of this machine for one function at a time."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def close(self):
        self.listener.close()

    def wait_for_first_poll(self):
        """Waits until a function asks for its first event: when that was, and the connection to answer on."""
        connection, _ = self.listener.accept()
        connection.settimeout(30)
        asked = read_request(connection)
        at = time.perf_counter()
        assert asked.startswith(b"GET /2018-06-01/runtime/invocation/next "), asked
        return at, connection

    def invoke(self, connection, event):
        """Hands out an event, and waits for the answer and the next poll; what was answered."""
        head = (
            "HTTP/1.1 200 OK\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(event)}\r\n"
            "lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
            f"lambda-runtime-deadline-ms: {int(time.time() * 1000) + 60_000}\r\n"
            "lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:it\r\n"
            "\r\n"
        )
        connection.sendall(head.encode() + event)
        answer = read_request(connection)
        path = b"POST /2018-06-01/runtime/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response "
        assert answer.startswith(path), answer
        connection.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        read_request(connection)
        return answer


def read_request(connection):
    """One whole request, with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = [line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:]]
    fields = {name: value.strip() for name, value in fields}
    if fields.get(b"transfer-encoding") == b"chunked":
        while not body.endswith(b"0\r\n\r\n"):
            body += receive(connection)
    while len(body) < int(fields.get(b"content-length", 0)):
        body += receive(connection)
    return head + b"\r\n\r\n" + body


def receive(connection):
    part = connection.recv(65_536)
    assert part, "the function hung up"
    return part
