"""Requests that clients can make and API Gateway hands on, though nobody means well by most of them.

Each is a name, the event, and the statuses that it may be answered with. None of them is a 5xx, and after
each the function runs on in the same process.
"""

import base64
import gzip
import json

from emulated import request

READ = "/v1/reports/summary"
EVENTS = "/v1/events"
SALE = json.dumps({"id": "strange", "kind": "sale", "value": "1.00"})
# Most are no name that an address could have.
HOSTS = [
    "a1b2c3d4e5.execute-api.127.0.0.1:4566",
    "[::1]:443",
    "[::1",
    "",
    "a b",
    "%",
    "-",
    "user:word@host",
    "a/b?c#d",
    "host:99999999",
    "b\u00fccher.example",
    "x" * 5_000,
]


def packed(data):
    return base64.b64encode(data).decode()


def with_binary_body(event, data, encoding=None):
    """The event with a body that is no text, as API Gateway hands it on."""
    event["body"], event["isBase64Encoded"] = packed(data), True
    if encoding:
        event["headers"]["content-encoding"] = encoding
    return event


def to_collect(key):
    """Requests to the function that takes events."""

    def post(**more):
        return request("POST", EVENTS, key=key, body=SALE, **more)

    yield "a body in base64", with_binary_body(post(), SALE.encode()), {202}
    yield "a body in gzip", with_binary_body(post(), gzip.compress(SALE.encode()), "gzip"), {202}
    yield "a body in damaged gzip", with_binary_body(post(), gzip.compress(SALE.encode())[:-9], "gzip"), {400}
    yield (
        "a body that unpacks to 50 MB",
        with_binary_body(post(), gzip.compress(bytes(50_000_000)), "gzip"),
        {413},
    )
    yield "a body in an unknown encoding", with_binary_body(post(), SALE.encode(), "br"), {415}
    yield "a body that is no text", with_binary_body(post(), bytes(range(256))), {400}
    yield "a body of half a megabyte of brackets", request("POST", EVENTS, key=key, body="[" * 500_000), {400}
    yield "no body", request("POST", EVENTS, key=key), {400}
    yield "an empty body in base64", with_binary_body(request("POST", EVENTS, key=key), b""), {400}
    yield "the key in the address", request("POST", EVENTS, f"key={key}", body=SALE), {202}
    yield "a preflight", request("OPTIONS", EVENTS, headers={"origin": "https://shop.example"}), {204}
    yield (
        "an agent that is not ASCII",
        post(headers={"user-agent": "Mozilla/5.0 (b\u00fccher \u0416)"}),
        {202},
    )
    yield (
        "a referrer that is not ASCII",
        post(headers={"referer": "https://b\u00fccher.example/\u0416"}),
        {202},
    )
    yield from to_any(post, {202})


def to_report(key):
    """Requests to the function that answers reports."""

    def get(query="", **more):
        return request("GET", READ, query, key=key, **more)

    yield "a filter of two values", get("channel=email&channel=sms"), {200}
    yield "a parameter twice", get("from=2026-11-01&from=2026-11-02"), {422}
    yield "a filter with escapes", get("campaign=%C3%BC%20%26%20b&campaign=a%2Cb"), {200}
    yield "a filter that is not UTF-8", get("campaign=%FF%FE"), {200, 422}
    yield "a query that nothing escaped", get('campaign=\u00fc "<b>"'), {200}
    yield "a query that is no query", get("&&=&%zz&="), {200, 422}
    yield "a query of 8,000 letters", get("campaign=" + "a" * 8_000), {200, 422}
    yield from to_any(get, {200})


def to_credit(key):
    """Requests to the function that says what earned the results."""

    def get(query="", **more):
        return request("GET", "/v1/conversions", query, key=key, **more)

    for id in ("\u00fc", "a b", "%", "%FF", "a?b#c", "..", "a/b", '"<x>"', "\\", "x" * 8_000):
        yield (
            f"a conversion named {id[:20]}",
            request("GET", f"/v1/conversions/{id}/explain", key=key),
            {404},
        )
    yield "a cursor that is none", get("cursor=%FF"), {422}
    yield from to_any(get, {200})


def to_goals(key):
    """Requests to the function that keeps goals."""

    def get(**more):
        return request("GET", "/v1/goals", key=key, **more)

    for id in ("\u00fc", "a b", "%", "%FF", "a?b#c", "..", "a/b", '"<x>"', "\\", "x" * 8_000):
        yield f"a goal named {id[:20]}", request("GET", f"/v1/goals/{id}", key=key), {404, 200}
    yield from to_any(get, {200})


def to_manage(key):
    """Requests to the function that keeps sites and keys."""

    def get(**more):
        return request("GET", "/v1/status", key=key, **more)

    yield "an operator who is none", request("POST", "/v1/sites", key=key, body="{}"), {403}
    yield from to_any(get, {200})


def to_pages():
    """Requests to the function that hands out what browsers load."""
    for name in ("\u00fc", "a b", "%", "%FF", "..", "a/b", '"<x>"', "x" * 8_000):
        yield f"a file named {name[:20]}", request("GET", f"/assets/{name}"), {404, 200}
    for encoding in ("gzip", "gzip;q=0", "\u00fc", "*;q=,,;", "a" * 8_000):
        yield f"the encoding {encoding[:20]}", request("GET", "/", headers={"accept-encoding": encoding}), {200}
    yield "a tag that is none", request("GET", "/", headers={"if-none-match": '"\u00fc, W/'}), {200}
    yield "a query", request("GET", "/", "a=b&&%zz"), {200}
    for method in ("POST", "OPTIONS", "TRACE", "BREW"):
        yield f"the method {method}", request(method, "/"), {405}
    yield "a key", request("GET", "/", key="rk_read_x"), {200}


def to_any(usual, good):
    """Variations of a usual request to any function; `good` is what the usual one is answered with."""
    for host in HOSTS:
        yield f"the host {host[:40]!r}", usual(headers={"host": host}), good
    yield "no host", without_headers(usual(), "host"), good
    yield "a domain that is none", with_domain(without_headers(usual(), "host"), "a b:c"), good
    yield "neither host nor domain", with_domain(without_headers(usual(), "host"), None), good
    yield "only the key's header", only_headers(usual(), "authorization"), good
    yield "no header at all", only_headers(usual()), {401}
    yield "an unknown scheme of the sender", usual(headers={"x-forwarded-proto": "??"}), good
    yield "cookies", {**usual(), "cookies": ["a=b", "c=\u00fc; d", ""]}, good
    yield "a key that is no key", usual(headers={"authorization": "Bearer \u00fc"}), {401}
    yield "a key of 5,000 letters", usual(headers={"authorization": "Bearer " + "x" * 5_000}), {401}
    yield "a trace that is none", usual(headers={"x-amzn-trace-id": "\u00fc"}), good
    for method in ("HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW"):
        yield f"the method {method}", request(method, "/v1/nothing"), {404}
    for path in (
        "/",
        "",
        "//",
        "/v1//events",
        "/v2/events",
        "/.env",
        "/v1/../x",
        "/\u00fc",
        "/?x",
        "v1",
        "*",
    ):
        yield f"the path {path!r}", request("GET", path), {404}


def with_domain(event, domain):
    event["requestContext"]["domainName"] = domain
    return event


def without_headers(event, *names):
    event["headers"] = {name: value for name, value in event["headers"].items() if name not in names}
    return event


def only_headers(event, *names):
    event["headers"] = {name: value for name, value in event["headers"].items() if name in names}
    return event
