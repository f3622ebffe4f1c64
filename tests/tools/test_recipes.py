"""Every recipe of docs/, run against the program, and what comes out held to the nested JSON and to what was sent."""

import csv
import json
import os
import re
import subprocess
import unittest
import urllib.parse
import urllib.request
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import sqlalchemy

import pages
import sites

HERE = Path(__file__).resolve().parent
METRICS = ("clicks", "sales", "revenue", "spend")


def setUpModule():
    global SHOP, BAZAAR
    SHOP, BAZAAR = sites.shop(), sites.bazaar()


def by_campaign(text):
    """A recipe for a table by campaign in place of one by channel, of the day on which the bazaar is open.

    By day and campaign a month would have too many rows, so the recipe of months is left as it is.
    """
    if "period_range" in text:
        return text
    text = text.replace("/v1/reports/channels?", "/v1/reports/timeseries?by=campaign&")
    return text.replace("channel", "campaign").replace("2026-06-30", str(sites.FIRST)).replace(
        "2026-06-16", str(sites.FIRST))


def disarmed(name):
    """A name as CSV has it: an apostrophe before what would be a formula."""
    return re.sub(r"(^|[;\t])([\s\"']*[=+\-@\uff1d])", lambda found: f"{found[1]}'{found[2]}", name)


class Figures(unittest.TestCase):
    maxDiff = None

    def same(self, found, expected):
        """Holds figures by name to those expected, and shows the first that differ."""
        differ = {name: (found.get(name), expected.get(name))
                  for name in [*expected, *found] if found.get(name) != expected.get(name)}
        self.assertEqual(dict(list(differ.items())[:5]), {}, f"{len(differ)} differ, found and expected")


class Sites(Figures):
    def test_the_json_says_what_was_sent(self):
        for site in (SHOP, BAZAAR):
            self.same(site.figures("campaign", *METRICS), site.sent(*METRICS))

    def test_there_are_more_campaigns_than_a_page_holds_and_hostile_ones_among_them(self):
        names = set(BAZAAR.figures("campaign", "sales"))
        self.assertGreater(len(names), 2000)
        self.assertLessEqual(set(sites.HOSTILE), names)


class Recipes(Figures):
    def run_page(self, page, outputs):
        """Runs a page for the shop, whose figures it shows, and for the bazaar by campaign."""
        with pages.Run(page, SHOP) as run:
            said, differences = run.differences()
            self.assertEqual(differences, [], "\n".join(differences))
            self.assertEqual(said, outputs)
            yield run, "channel", SHOP.figures("channel", *METRICS)
        with pages.Run(page, BAZAAR, by_campaign) as run:
            yield run, "campaign", BAZAAR.sent(*METRICS)

    def test_keys(self):
        with pages.Run("tools.md", SHOP) as run:
            self.assertEqual(run.differences(), (1, []))

    def test_curl_and_jq(self):
        for run, dimension, figures in self.run_page("tools/curl.md", 5):
            rows = [json.loads(line, parse_float=Decimal, parse_int=Decimal)
                    for line in (run.path / "campaigns.ndjson").read_text().split("\n") if line]
            self.same({row["campaign"]: values(row) for row in rows}, run.site.sent(*METRICS))
            with open(run.path / "days.csv", newline="", encoding="utf-8") as file:
                table = list(csv.DictReader(file))
            self.same(sums(table, dimension), {disarmed(name): row for name, row in figures.items()})

    def test_pandas(self):
        for run, dimension, figures in self.run_page("tools/pandas.md", 5):
            days, campaigns = run.names["days"], run.names["campaigns"]
            self.assertEqual([str(days[name].dtype) for name in (dimension, "start", "clicks", "sales")],
                             ["str", "datetime64[us]", "int64", "int64"])
            self.assertEqual({type(value) for value in days["revenue"]}, {Decimal})
            self.same(sums(days.to_dict("records"), dimension), {disarmed(name): row for name, row in figures.items()})
            self.same({row["campaign"]: values(row) for row in campaigns.to_dict("records")}, run.site.sent(*METRICS))
            table = run.names["table"]
            self.same({row[dimension]: (row["sales"], cents(row["revenue"])) for row in table.to_dict("records")},
                      {name: (sales, revenue) for name, (_, sales, revenue, _) in figures.items()})
            self.assertEqual(run.names["half_year"]["revenue"].sum(), sum(row[2] for row in figures.values()))

    def test_duckdb(self):
        for run, dimension, figures in self.run_page("tools/duckdb.md", 3):
            types = {name: kind for name, kind, *_ in run.database.sql("DESCRIBE days").fetchall()}
            self.assertEqual(types, {dimension: "VARCHAR", "start": "DATE", "clicks": "BIGINT", "sales": "BIGINT",
                                     "revenue": "DECIMAL(18,6)", "spend": "DECIMAL(18,6)"})
            found = run.database.sql(f"SELECT {dimension}, {', '.join(f'sum({name})' for name in METRICS)} FROM days GROUP BY 1")
            self.same({name: tuple(row) for name, *row in found.fetchall()},
                      {disarmed(name): row for name, row in figures.items()})

    def test_superset(self):
        for run, dimension, figures in self.run_page("tools/superset.md", 2):
            address = f"{pages.URL}/v1/reports/timeseries?{period(run)}&by={dimension}&shape=table#$[*]"
            with run.engine.connect() as connection:
                rows = connection.execute(sqlalchemy.text(f'SELECT * FROM "{address}"'.replace(":", "\\:"))).mappings().all()
            self.assertEqual({type(row["sales"]) for row in rows}, {int})
            found = sums([row | {name: cents(row[name]) for name in METRICS} for row in map(dict, rows)], dimension)
            self.same(found, figures)

    def test_superset_with_two_keys_of_two_sites_shows_each_its_own(self):
        """An address is the same for all sites: only the key tells them apart."""
        found = []
        with pages.Run("tools/superset.md", SHOP) as shop, pages.Run("tools/superset.md", BAZAAR, by_campaign) as bazaar:
            for run in (shop, bazaar, shop):
                address = f"{pages.URL}/v1/reports/summary?{sites.PERIOD}&shape=table#$[*]"
                with run.engine.connect() as connection:
                    found += connection.execute(sqlalchemy.text(f'SELECT sales FROM "{address}"'.replace(":", "\\:"))).scalars()
        sales = [int(sum(sales for (sales,) in site.sent("sales").values())) for site in (SHOP, BAZAAR, SHOP)]
        self.assertEqual(found, sales)

    def test_superset_says_what_is_wrong_where_a_key_is_wrong(self):
        with pages.Run("tools/superset.md", SHOP) as run:
            block = next(block for block in pages.blocks(run.page) if block.language == "json")
            parameters = json.loads(pages.filled(block.text, "rk_read_wrong"))
            address = f"{pages.URL}/v1/reports/summary?{sites.PERIOD}&shape=table#$[*]"
            with sqlalchemy.create_engine("shillelagh+safe://", **parameters).connect() as connection:
                with self.assertRaisesRegex(Exception, "Unsupported table"):
                    connection.execute(sqlalchemy.text(f'SELECT * FROM "{address}"'.replace(":", "\\:")))

    def test_libreoffice(self):
        for run, dimension, figures in self.run_page("tools/spreadsheets.md", 0):
            (file,) = run.path.glob("*.xlsx")
            table = cells(file)
            self.assertEqual({kind for row in table for kind, _ in [row[dimension]]}, {"text"})
            self.assertEqual({kind for row in table for kind, _ in [row["start"]]}, {"number"})
            days = {DAY_0 + timedelta(int(row["start"][1])) for row in table}
            self.assertEqual((min(days), max(days)), (sites.FIRST, sites.LAST if run.site is SHOP else sites.FIRST))
            for metric in METRICS:
                self.assertEqual({row[metric][0] for row in table}, {"number"})
            plain = [{name: text for name, (_, text) in row.items()} for row in table]
            plain = [row | {name: cents(row[name]) for name in METRICS} for row in plain]
            self.same(sums(plain, dimension), {disarmed(name): row for name, row in figures.items()})

    def test_addresses_of_spreadsheets(self):
        """The addresses that Google Sheets and a browser are given, the key in them."""
        text = (pages.DOCS / "tools/spreadsheets.md").read_text()
        addresses = re.findall(r"https://API[^\s\"]+", text)
        self.assertEqual(len(addresses), 2)
        for address in addresses:
            with urllib.request.urlopen(pages.filled(address, SHOP.read)) as answer:
                self.assertEqual(answer.headers.get_content_type(), "text/csv")
                table = list(csv.DictReader(answer.read().decode().splitlines()))
            self.same(sums(table, "channel"), SHOP.figures("channel", *METRICS))

    def test_power_bi(self):
        """What its query asks for, as Web.Contents puts it together, and whether the answer has what it reads."""
        (block,) = [block for block in pages.blocks("tools/power-bi.md") if block.language == "powerquery"]
        self.assertLessEqual(set(re.findall(r"\b([A-Z]\w+\.\w+)\b(?!\.)", block.text)), DOCUMENTED)
        base = re.search(r'Web\.Contents\("([^"]+)"', block.text)[1]
        path = re.search(r'RelativePath = "([^"]+)"', block.text)[1]
        record = re.search(r"Query = \[(.*?)\n        \],", block.text, re.DOTALL)[1]
        query = dict(re.findall(r'(\w+) = "([^"]*)"(?=,?\n|$)', record))
        for name, parameter in (("from", "RangeStart, "), ("to", "RangeEnd - #duration(1, 0, 0, 0), ")):
            self.assertIn(f'{name} = DateTime.ToText({parameter}[Format = "yyyy-MM-dd", Culture = "en-US"])', record)
        query |= {"from": str(sites.FIRST), "to": str(sites.LAST), re.search(r'ApiKeyName = "(\w+)"', block.text)[1]: SHOP.read}
        address = f"{pages.filled(base, '')}/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address) as answer:
            table = list(csv.DictReader(answer.read().decode().splitlines()))
        self.same(sums(table, "channel"), SHOP.figures("channel", *METRICS))
        typed = re.findall(r'\{"(\w+)", ([\w. ]+)\}', block.text)
        self.assertEqual(sorted(name for name, _ in typed), sorted(table[0]))
        for name, kind in typed:
            pattern = {"type datetime": r"\d{4}-\d\d-\d\d", "Int64.Type": r"\d+", "Currency.Type": r"-?\d+(\.\d{1,4})?",
                       "type text": r".*"}[kind]
            for row in table:
                self.assertRegex(row[name], f"^{pattern}$")

    def test_looker_studio(self):
        with pages.Run("tools/looker-studio.md", SHOP) as run:
            code, manifest = [block for block in pages.blocks(run.page) if block.language in ("javascript", "json")]
            self.assertEqual(json.loads(manifest.text)["runtimeVersion"], "V8")
        for site, by, figures in ((SHOP, "channel", SHOP.figures("channel", *METRICS)), (BAZAAR, "campaign", BAZAAR.sent(*METRICS))):
            with pages.Run("tools/looker-studio.md", site) as run:
                (run.path / "connector.js").write_text(pages.filled(code.text, ""))
                last = sites.LAST if site is SHOP else sites.FIRST + timedelta(6)
                done = subprocess.run(
                    ["node", HERE / "looker.mjs", run.path / "connector.js", by, str(sites.FIRST), str(last), "start", by, *METRICS],
                    capture_output=True, text=True, check=True, env=os.environ | {"RECKON_KEY": site.read})
            told = json.loads(done.stdout, parse_float=Decimal, parse_int=Decimal)
            self.assertEqual([told[name] for name in ("before", "stillBefore", "after", "reset")], [False, False, True, False])
            self.assertEqual((told["wrong"]["errorCode"], told["right"]["errorCode"]), ("INVALID_CREDENTIALS", "NONE"))
            self.assertEqual((told["auth"], told["config"]["dateRangeRequired"]), ({"authType": "KEY"}, True))
            kinds = {field["id"]: (field["concept"], field["type"], field.get("aggregation")) for field in told["schema"]}
            self.assertEqual(kinds["start"], ("DIMENSION", "YEAR_MONTH_DAY", None))
            self.assertEqual(kinds[by], ("DIMENSION", "TEXT", None))
            self.assertEqual(kinds["revenue"], ("METRIC", "NUMBER", "SUM"))
            self.assertNotIn("roas", kinds)
            self.assertEqual([field["id"] for field in told["data"]["schema"]], ["start", by, *METRICS])
            rows = [dict(zip(["start", by, *METRICS], row["values"])) for row in told["data"]["rows"]]
            self.assertRegex(rows[0]["start"], r"^\d{8}$")
            self.same(sums(rows, by), figures)
            self.assertIn("from", told["error"])
            if site is BAZAAR:
                self.assertGreater(told["requests"], 2, "the period was to be too long for one answer")


# What the query uses of the functions and types that learn.microsoft.com/powerquery-m describes.
DOCUMENTED = {"Web.Contents", "Csv.Document", "Table.PromoteHeaders", "Table.TransformColumnTypes", "Table.SelectRows",
              "DateTime.ToText", "TextEncoding.Utf8", "QuoteStyle.Csv", "Int64.Type", "Currency.Type"}

# The day before the first that a spreadsheet counts.
DAY_0 = date(1899, 12, 30)


def period(run):
    return f"from={sites.FIRST}&to={sites.LAST if run.site is SHOP else sites.FIRST}"


def cents(number):
    """A float as the amount of money that it stands for."""
    return Decimal(round(float(number) * 1_000_000)) / 1_000_000


def cells(file):
    """The rows of a workbook's first sheet, by column: of each cell its kind and its text."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(file) as book:
        shared = ["".join(part.text or "" for part in item.iter(f"{space}t"))
                  for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not list(sheet.iter(f"{space}f")), "there are formulas"
    rows = []
    for row in sheet.iter(f"{space}row"):
        found = {}
        for node in row.iter(f"{space}c"):
            text, kind = node.findtext(f"{space}v"), node.get("t")
            if text is not None:
                found[re.match("[A-Z]+", node.get("r"))[0]] = ("text", shared[int(text)]) if kind == "s" else (KINDS[kind], text)
        rows.append(found)
    columns = {column: text for column, (_, text) in rows[0].items()}
    return [{name: row.get(column, ("text", "")) for column, name in columns.items()} for row in rows[1:]]


# What a cell of a workbook may be beside a shared text.
KINDS = {"n": "number", "b": "truth", "e": "error", "str": "result of a formula"}


def values(row):
    return tuple(Decimal(row[name]) for name in METRICS)


def sums(table, dimension):
    """The metrics of a table's rows by a dimension, exact."""
    found = {}
    for row in table:
        before = found.get(row[dimension], (Decimal(0),) * len(METRICS))
        found[row[dimension]] = tuple(map(sum, zip(before, values(row))))
    return found
