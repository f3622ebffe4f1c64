"""Speaks HTTP to the functions, and says what went wrong."""

import http.client
import json
from decimal import Decimal


class Answer:
    """What came back."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        """The body, with its numbers exact."""
        return json.loads(self.body, parse_float=Decimal)

    def __str__(self):
        return f"{self.status} {self.body[:2000]!r}"


class Client:
    """Sends requests to one address under the name that the API has there."""

    def __init__(self, port, host):
        self.port, self.host = port, host

    def send(self, method, path, key=None, body=None):
        headers = {"Host": self.host}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def ask(self, status, method, path, key=None, body=None):
        """Sends a request that must be answered with `status`; its JSON."""
        answer = self.send(method, path, key, body)
        equal(answer.status, status, f"{method} {path} answered {answer}")
        return answer.json() if answer.body else None


def equal(found, expected, what):
    if found != expected:
        raise AssertionError(f"{what}: it is {found!r} and should be {expected!r}")
