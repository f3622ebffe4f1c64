"""Runs each function's release build under the emulator of Lambda's runtime, over the embedded table.

First they do together what they are for: a site, an event, its recount, a report, a goal, a run of seal. Then
each is sent what API Gateway can deliver and nobody expects.
"""

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime, timezone
from decimal import Decimal

import strange
from build import FUNCTIONS, OUT, ROOT, build
from client import equal
from emulated import recorded, request, running, table
from emulator import clean_up_when_terminated

OPERATOR = "rk_operator_of_the_runtime_test"


def main():
    clean_up_when_terminated()
    build()
    subprocess.run(["tests/scripts/built"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    folder = OUT / "runtime"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    hashed = hashlib.sha256(OPERATOR.encode()).hexdigest()
    try:
        with ExitStack() as stack:
            port = stack.enter_context(table(ROOT / "target" / "debug" / "reckon", folder))
            functions = {
                name: stack.enter_context(running(name, folder, port, RECKON_OPERATOR_KEY_SHA256=hashed))
                for name in FUNCTIONS
            }
            keys = work_together(functions)
            requests = take_the_strange(functions, keys)
    except AssertionError as failure:
        sys.exit(f"\nruntime: FAILED: {failure}")
    print(f"runtime: all of them work together, and {requests} strange requests were answered without a 5xx")


def work_together(functions):
    """An event's whole way, from the making of its site to reports and sealing; answers the site's keys."""
    site = {"id": "shop", "name": "Shop", "time_zone": "UTC", "currency": "EUR"}
    made = ask(functions["Manage"], 201, request("POST", "/v1/sites", key=OPERATOR, body=json.dumps(site)))
    keys = {"admin": made["key"]["secret"]}
    for role in ("write", "read"):
        new = request("POST", "/v1/keys", key=keys["admin"], body=json.dumps({"role": role}))
        keys[role] = ask(functions["Manage"], 201, new)["secret"]

    now = datetime.now(timezone.utc).isoformat()
    sale = {"id": "order-1", "kind": "sale", "value": "49.90", "occurred_at": now}
    post = request("POST", "/v1/events", key=keys["write"], body=json.dumps(sale))
    accepted = ask(functions["Collect"], 202, post)
    equal((accepted["accepted"], accepted["rejected"]), (1, []), "what became of the sale")

    question = request("GET", "/v1/reports/summary", key=keys["read"])

    def metrics():
        return ask(functions["Report"], 200, question)["metrics"]

    equal(metrics()["sales"], 0, "sales before the stream told of them")
    answer = functions["Aggregate"].invoke(stream_event(now))
    equal(answer, {"batchItemFailures": []}, "the answer to the stream")
    found = metrics()
    equal((found["sales"], found["revenue"]), (1, Decimal("49.9")), "sales and revenue after the recount")

    goal = {"name": "Sales", "metric": "sales", "target": 2, "direction": "at_least"}
    goal["period"] = {"every": "quarter"}
    post = request("POST", "/v1/goals", key=keys["admin"], body=json.dumps(goal))
    id = ask(functions["Goals"], 201, post)["id"]
    progress = ask(functions["Goals"], 200, request("GET", f"/v1/goals/{id}/progress", key=keys["read"]))
    equal((progress["actual"], progress["share"]), (1, Decimal("0.5")), "the goal's progress")

    look_at_the_dashboard(functions["Pages"])

    equal(functions["Seal"].invoke(recorded("schedule")), None, "the answer of seal")
    equal(metrics()["sales"], 1, "sales after seal")

    found = ask(functions["Credit"], 200, request("GET", "/v1/conversions", key=keys["read"]))
    equal([each["order"] for each in found["conversions"]], [None], "the results")

    day = now[:10]
    recount = request("GET", "/v1/reconcile", f"from={day}&to={day}", key=keys["read"])
    audited = ask(functions["Audit"], 200, recount)
    equal((audited["difference"], audited["days"][0]["events"]), ("none", 1), "the recount of the day")
    print("runtime: an event went all the way")
    return keys


def look_at_the_dashboard(pages):
    """Loads the page and its script as a browser does: packed, which travels in base64."""
    packed = {"accept-encoding": "gzip, br"}
    answer = pages.invoke(request("GET", "/", headers=packed))
    equal((answer["statusCode"], answer["isBase64Encoded"]), (200, True), "the dashboard")
    page = gzip.decompress(base64.b64decode(answer["body"])).decode()
    [script] = re.findall(r'<script type="?module"? src="([^"]+)"', page)
    answer = pages.invoke(request("GET", script, headers=packed))
    equal((answer["statusCode"], answer["isBase64Encoded"]), (200, True), "its script")
    equal(pages.invoke(request("GET", script))["isBase64Encoded"], False, "its script, for whoever takes no gzip")


def stream_event(time):
    """What the stream says of a batch of a minute, twice, as it may."""
    event = recorded("stream")
    [record] = event["Records"]
    record["dynamodb"]["Keys"]["pk"]["S"] = f"raw#shop#{time[:16]}Z#0"
    event["Records"].append(record)
    return event


def take_the_strange(functions, keys):
    """Holds each function to answering whatever comes, and running on; answers how many requests."""
    requests = {
        "Collect": list(strange.to_collect(keys["write"])),
        "Report": list(strange.to_report(keys["read"])),
        "Credit": list(strange.to_credit(keys["read"])),
        "Goals": list(strange.to_goals(keys["read"])),
        "Manage": list(strange.to_manage(keys["read"])),
        "Pages": list(strange.to_pages()),
        "Audit": list(strange.to_audit(keys["read"])),
    }
    for name, all_of_it in requests.items():
        functions[name].hold_to_same_process()
        faults = [fault for each in all_of_it if (fault := fault_of(functions[name], *each))]
        assert not faults, f"of {len(all_of_it)} requests, {name} took {len(faults)} amiss:\n" + "\n".join(
            faults
        )
    return sum(len(all_of_it) for all_of_it in requests.values())


def fault_of(function, what, event, statuses):
    """What was wrong with the answer to an event, if anything."""
    try:
        status = function.invoke(event)["statusCode"]
        function.hold_to_same_process()
    except AssertionError as failure:
        return f"{what}: {failure}"
    return None if status in statuses else f"{what}: {status}, which should be one of {statuses}"


def ask(function, status, event):
    """Sends a request that must be answered with `status`; its JSON, with its numbers exact."""
    answer = function.invoke(event)
    equal(answer["statusCode"], status, f"{function.name} answered {answer}")
    return json.loads(answer["body"], parse_float=Decimal)


if __name__ == "__main__":
    main()
