"""Deploys template.yaml as a whole to an emulator of AWS, and follows real purchases through the stack.

The programs are the release builds, and they run as Lambda would run them, with the rights of their roles.
What the emulator does otherwise than AWS, and what is done about it:

- It does not import the routes of an HTTP API from their OpenAPI document: stack.py makes them.
- Its schedule begins with the first interval over. The rule is held to the template's five minutes, and then
  set to one, so that this ends in time; what it wakes, and how, stays as it was deployed.
- It answers under the API's own name, with its own port: the client sends that name as the host.
- It neither waits for the stream's window nor looks at the batch items that a function reports as failed,
  nothing is throttled, no alarm rings, and no access log is written. None of this is asserted here.
- It keeps the table's protection as the word that it was given.
"""

import hashlib
import secrets
import sys
import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from build import FUNCTIONS, OUT, build
from client import Client, equal
from emulator import clean_up_when_terminated, emulator
from purchases import event, purchases, revenue
from stack import Stack

AT_ONCE = 500
ALL = ("1997-01-01", "1998-06-30")
# Of this quarter a goal is made.
QUARTER = ("1997-01-01", "1997-03-31")


def main():
    began = time.monotonic()
    clean_up_when_terminated()
    build()
    try:
        with emulator(OUT / "emulator") as it:
            stack = Stack(it)
            try:
                follow(stack)
            except BaseException:
                print_logs(stack)
                raise
    except AssertionError as failure:
        sys.exit(f"\ndeploy: FAILED: {failure}")
    print(f"deploy: all of it holds, after {time.monotonic() - began:.0f} s")


def follow(stack):
    operator = f"rk_operator_{secrets.token_hex(24)}"
    stack.package()
    stack.deploy(
        Architecture="x86_64",
        OperatorKeySha256=hashlib.sha256(operator.encode()).hexdigest(),
        TableEndpoint=stack.emulator.url,
        StreamWindowSeconds=1,
        LogLevel="INFO",
    )
    say("deployed")
    stack.make_routes()
    hurry(stack)
    api = reach(stack)

    keys = make_site(api, operator)
    rows = purchases()
    goal = make_goal(api, keys, revenue(rows, *QUARTER))
    send(api, keys, rows)
    say(f"sent {len(rows)} purchases")
    counted = check_figures(api, keys, goal, rows)
    say(f"counted to the cent: {revenue(rows)}")

    send(api, keys, rows)
    equal(check_figures(api, keys, goal, rows), counted, "the figures after all was sent again")
    say("sent again, and nothing changed")

    stack.deploy(LogLevel="DEBUG", StreamWindowSeconds=2)
    check_update(stack, api, keys)
    equal(check_figures(api, keys, goal, rows), counted, "the figures after an update of the stack")
    say("updated, and it counts on")

    delete(stack)
    say("deleted, and the table is left")


def say(what):
    print(f"deploy: {what}", flush=True)


def hurry(stack):
    """Lets the schedule begin after one minute instead of five."""
    events = stack.service("events")
    rule = events.describe_rule(Name=stack.resources()["SealEveryFiveMinutes"])
    equal(rule["ScheduleExpression"], "rate(5 minutes)", "the schedule of seal")
    equal(rule["State"], "ENABLED", "the state of seal's schedule")
    events.put_rule(Name=rule["Name"], ScheduleExpression="rate(1 minute)", State="ENABLED")


def reach(stack):
    port = stack.emulator.port
    return Client(port, f"{stack.resources()['Api']}.execute-api.localhost:{port}")


def make_site(api, operator):
    """Makes a site as its operator, and keys of it by role."""
    new = {"id": "shop", "name": "Shop", "time_zone": "UTC", "currency": "USD"}
    api.ask(403, "POST", "/v1/sites", "rk_operator_of_somebody_else", new)
    site = api.ask(201, "POST", "/v1/sites", operator, new)
    keys = {"admin": site["key"]["secret"]}
    for role in ("write", "read"):
        keys[role] = api.ask(201, "POST", "/v1/keys", keys["admin"], {"role": role, "name": role})["secret"]
    return keys


def make_goal(api, keys, target):
    """Makes a goal of twice what is going to come in."""
    new = {
        "name": "First quarter",
        "metric": "revenue",
        "target": str(2 * target),
        "direction": "at_least",
        "period": {"from": QUARTER[0], "to": QUARTER[1]},
    }
    return api.ask(201, "POST", "/v1/goals", keys["admin"], new)["id"]


def send(api, keys, rows):
    for start in range(0, len(rows), AT_ONCE):
        events = [event(row) for row in rows[start : start + AT_ONCE]]
        answer = api.ask(202, "POST", "/v1/events", keys["write"], events)
        equal((answer["accepted"], answer["rejected"]), (len(events), []), "what became of the purchases")


def check_figures(api, keys, goal, rows):
    """Waits until seal has settled what came late, and then holds the figures to those of the file."""
    def settled():
        try:
            return status(api, keys)["late_markers"]["count"] == 0
        except AssertionError:
            # The emulator's table answers one after the other, so that others may wait too long while seal works.
            return False

    wait_for(
        settled,
        # A minute until it runs, and most of two that it takes over an emulator in Python; on a busy machine twice that.
        300,
        "late markers to be settled by seal, which the schedule runs",
    )
    found = summary(api, keys, *ALL)
    equal(
        (found["sales"], found["revenue"]), (len(rows), revenue(rows)), "sales and revenue of all purchases"
    )
    progress = api.ask(200, "GET", f"/v1/goals/{goal}/progress?on={QUARTER[1]}", keys["read"])
    expected = revenue(rows, *QUARTER)
    equal((progress["actual"], progress["share"]), (expected, Decimal("0.5")), "the goal's progress")
    return found, progress["actual"]


def status(api, keys):
    return api.ask(200, "GET", "/v1/status", keys["read"])


def summary(api, keys, first, last):
    return api.ask(200, "GET", f"/v1/reports/summary?from={first}&to={last}", keys["read"])["metrics"]


def check_update(stack, api, keys):
    """One more sale, of now, comes through the functions as they were changed."""
    window = "stream_window_seconds"
    wait_for(lambda: status(api, keys)[window] == 2, 30, "the changed parameter to reach a function")
    for name in FUNCTIONS:
        function = stack.service("lambda").get_function_configuration(FunctionName=stack.resources()[name])
        equal(function["Environment"]["Variables"]["RECKON_LOG"], "DEBUG", f"the log level of {name}")
    sale = {"id": "one-more", "kind": "sale", "value": "0.01"}
    accepted = api.ask(202, "POST", "/v1/events", keys["write"], sale)["accepted"]
    equal(accepted, 1, "sales accepted after the update")

    today = datetime.now(timezone.utc).date()
    days = (str(today - timedelta(days=1)), str(today))
    # Its hour is open, so that only the stream can have brought it into the report.
    wait_for(
        lambda: summary(api, keys, *days)["revenue"] == Decimal("0.01"),
        60,
        "aggregate, woken by the stream, to count a sale",
    )


def delete(stack):
    """Deletes the stack: everything goes but the table with its events."""
    table = stack.outputs()["TableName"]
    before = items(stack, table)
    stack.delete()
    equal(stack.service("lambda").list_functions()["Functions"], [], "the functions after the stack")
    equal(stack.service("apigatewayv2").get_apis()["Items"], [], "the APIs after the stack")
    equal(stack.service("events").list_rules()["Rules"], [], "the schedules after the stack")
    equal(
        stack.service("lambda").list_event_source_mappings()["EventSourceMappings"],
        [],
        "the stream's mappings",
    )
    kept = stack.service("dynamodb").describe_table(TableName=table)["Table"]
    equal(str(kept["DeletionProtectionEnabled"]).lower(), "true", "the protection of the table")
    equal(items(stack, table), before, "the items of the table after the stack")
    assert before > 0, "the table was empty"


def items(stack, table):
    pages = stack.service("dynamodb").get_paginator("scan").paginate(TableName=table, Select="COUNT")
    return sum(page["Count"] for page in pages)


def wait_for(holds, seconds, what):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(1)


def print_logs(stack):
    """Prints what to look at: what each function logged, and what the emulator did at last."""
    logs = stack.service("logs")
    for function in FUNCTIONS.values():
        print(f"\n---- the log of {function}", file=sys.stderr)
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/reckon/{function}", limit=10_000)
            lines = [line["message"].rstrip() for line in found["events"]]
            for line in [line for line in lines if not line.startswith(("START", "END"))][-20:]:
                print(line[:500], file=sys.stderr)
        except Exception as error:
            print(f"it could not be read: {error}", file=sys.stderr)
    print(f"\n---- {stack.emulator.log}", file=sys.stderr)
    print(stack.emulator.log.read_text()[-6000:], file=sys.stderr)


if __name__ == "__main__":
    main()
