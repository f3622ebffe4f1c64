"""Compares what a command says of paths with what ChannelAttribution says: `attribution.py COMMAND...`.

First and last touch agree to the micro. So does linear where a path's length divides its amounts; elsewhere both
round, Reckon each path to whole micros, and a place may differ by a micro for each path that it is on.

Markov agrees twice. ChannelAttribution draws walks at random, so its credits scatter: of WALKS walks some half
convert, and the part of them that visits a place has a standard error of at most 0.5 / sqrt(WALKS / 2), which is
0.0005. A place's credit divides that by the mean number of places on a walk, 2 or more; revenue varies from
result to result, which doubles it. SCATTER allows four times that. Its flags: one fold, since with more it gives
the result of one fold of ten; as many steps as a walk likes, since by default it cuts walks at the longest path.
The second time, its transition matrix, which is counted and not drawn, is solved with numpy for each place's
removal, which leaves only the rounding of credits: a micro.
"""

import contextlib
import io
import json
import random
import subprocess
import sys
import types

# ChannelAttribution imports a package for plots, and plots nothing here.
sys.modules["matplotlib"] = types.ModuleType("matplotlib")
sys.modules["matplotlib.pyplot"] = types.ModuleType("matplotlib.pyplot")

import numpy
import pandas

with contextlib.redirect_stdout(io.StringIO()):
    import ChannelAttribution

WALKS = 2_000_000
SCATTER = 0.002
MICROS = 1_000_000
# Lengths that divide a million; and amounts of money that all of them divide.
EVEN = [1, 2, 4, 5, 8, 10]
COIN = 40

differences = []
largest = {"scatter": 0.0, "solved": 0.0, "linear": 0}


def check(what, place, ours, theirs, allowed):
    if not abs(ours - theirs) <= allowed:
        differences.append(f"{what} of {place}: Reckon {ours}, ChannelAttribution {theirs}, allowed {allowed}")


def some_paths(chance, places, count, lengths):
    """Places of unequal weight, in runs, so that some come twice in a row and some again later."""
    weights = [1 / (place + 1) for place in range(places)]
    rows = {}
    while len(rows) < count:
        steps = chance.choices([f"p{place}" for place in range(places)], weights, k=chance.choice(lengths))
        for step in range(1, len(steps)):
            if chance.random() < 0.2:
                steps[step] = steps[step - 1]
        results = chance.choice([0, 1, 1, 2, 3, 20])
        losses = chance.choice([0, 0, 1, 5]) if results else chance.randint(1, 9)
        revenue = results and COIN * chance.randint(0, 5 * MICROS)
        rows[" > ".join(steps)] = (results, revenue, losses)
    return pandas.DataFrame(
        [(path, *row) for path, row in rows.items()], columns=["path", "results", "revenue", "losses"]
    )


def said_by(command, data):
    lines = "".join(f"{row.path};{row.results};{row.revenue};{row.losses}\n" for row in data.itertuples())
    return json.loads(subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True).stdout)


def compare_rules(data, ours, exact):
    theirs = ChannelAttribution.heuristic_models(data, "path", "results", var_value="revenue", flg_pro=False)
    touched = data["path"].map(lambda path: set(path.split(" > ")))
    for row in theirs.itertuples():
        for model, results, revenue in [
            ("first", row.first_touch_conversions, row.first_touch_value),
            ("last", row.last_touch_conversions, row.last_touch_value),
            ("linear", row.linear_touch_conversions, row.linear_touch_value),
        ]:
            rounded = model == "linear" and not exact
            allowed = sum(row.channel_name in places for places in touched) if rounded else 0
            credit = ours[model][row.channel_name]
            for unit, mine, other in [
                ("results", credit["results"], round(results * MICROS)),
                ("revenue", credit["revenue"], round(revenue)),
            ]:
                check(f"{model}, {unit}", row.channel_name, mine, other, allowed)
                largest["linear"] = max(largest["linear"], abs(mine - other))
    for model in ["first", "last", "linear"]:
        check(f"{model}, places", "all", len(ours[model]), len(theirs), 0)


def compare_markov(data, ours):
    said = ChannelAttribution.markov_model(
        data, "path", "results", var_value="revenue", var_null="losses", order=1, nsim_start=WALKS, nfold=1,
        max_step=1_000_000, out_more=True, seed=1, verbose=False, flg_pro=False,
    )
    theirs = said["result"]
    check("markov, places", "all", len(ours), len(theirs), 0)
    for credit, column in [("results", "total_conversions"), ("revenue", "total_conversion_value")]:
        mine = {place: amounts[credit] / sum(all[credit] for all in ours.values()) for place, amounts in ours.items()}
        for place, other in zip(theirs["channel_name"], theirs[column] / theirs[column].sum()):
            check(f"markov, {credit}", place, mine[place], other, SCATTER)
            largest["scatter"] = max(largest["scatter"], abs(mine[place] - other))
    # In its matrix a place is the number of its first appearance.
    names = {str(number): place for number, place in enumerate(theirs["channel_name"], 1)}
    solved = solve(said["transition_matrix"], names)
    whole = sum(amounts["results"] for amounts in ours.values())
    for place, other in solved.items():
        check("markov, solved", place, ours[place]["results"], other * whole, 1)
        largest["solved"] = max(largest["solved"], abs(ours[place]["results"] - other * whole))


def solve(moves, names):
    """Each place's part, from the probability of a result with it and without it."""
    places = ["(start)", *names]
    at = {place: number for number, place in enumerate(places)}
    onward, won = numpy.zeros((len(places), len(places))), numpy.zeros(len(places))
    for come_from, to, probability in moves.itertuples(index=False):
        if to == "(conversion)":
            won[at[come_from]] = probability
        elif to != "(null)":
            onward[at[come_from], at[to]] = probability

    def results(without=None):
        stays = [place for place in range(len(places)) if place != without]
        matrix = numpy.eye(len(stays)) - onward[numpy.ix_(stays, stays)]
        return numpy.linalg.solve(matrix, won[stays])[0]

    lost = {name: 1 - results(at[number]) / results() for number, name in names.items()}
    return {name: effect / sum(lost.values()) for name, effect in lost.items()}


def main(command):
    chance = random.Random(20240229)
    compared = 0
    for places, count, lengths in [
        (3, 60, EVEN), (8, 1_000, EVEN), (25, 1_500, EVEN),
        (5, 500, range(1, 8)), (12, 1_500, range(1, 13)), (40, 500, range(1, 6)),
    ]:
        data = some_paths(chance, places, count, lengths)
        ours = said_by(command, data)
        compare_rules(data, ours, lengths is EVEN)
        compare_markov(data, ours["markov"])
        compared += len(data)
    if differences:
        print("\n".join(differences[:20]), file=sys.stderr)
        print(f"attribution: {len(differences)} differences on {compared} paths", file=sys.stderr)
        return 1
    print(
        f"attribution: 4 models agree on {compared} paths, largest difference of Markov {largest['scatter']:.6f} of"
        f" the total ({largest['solved']:.2f} micros from its matrix solved), of linear {largest['linear']} micros"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
