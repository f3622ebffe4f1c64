"""The pages of docs/: their blocks, run as a reader would run them, and what they print held to what stands below."""

import contextlib
import io
import json
import os
import re
import subprocess
import tempfile
from collections import namedtuple
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import sqlalchemy

DOCS = Path(__file__).resolve().parents[2] / "docs"
URL = os.environ["RECKON_URL"]
HTTPFS = next(Path(duckdb_extension_httpfs.__file__).parent.rglob("httpfs.duckdb_extension"))

Block = namedtuple("Block", "page line language text output")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def blocks(page):
    """The blocks of a page, each with the text block right below it, which is what it prints."""
    text = (DOCS / page).read_text()
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2], found[3])
        for found in FENCE.finditer(text)
    ]


def filled(text, key):
    """A text with the address and the key of this run, where the page has those that stand for them."""
    return text.replace("https://API", URL).replace("rk_read_...", key)


class Run:
    """A page run for a site, in a folder of its own: what its code left behind, and what it printed."""

    def __init__(self, page, site, change=lambda text: text):
        self.page, self.site, self.change = page, site, change
        self.names, self.printed = {}, []
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.database = duckdb.connect(config={"autoinstall_known_extensions": "false"})

    def __enter__(self):
        environment = {"RECKON_URL": URL, "RECKON_KEY": self.site.read, "RECKON_ADMIN_KEY": self.site.admin}
        before, here = dict(os.environ), os.getcwd()
        os.environ.update(environment, HOME=self.folder.name)
        os.chdir(self.path)
        try:
            for block in blocks(self.page):
                run = {"bash": self.bash, "python": self.python, "sql": self.sql, "json": self.json}.get(block.language)
                if run:
                    self.printed.append((block, run(block._replace(text=self.change(block.text)))))
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ.update(before)
        return self

    def __exit__(self, *_):
        self.database.close()
        self.folder.cleanup()

    def bash(self, block):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", block.text], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{where(block)}: {done.returncode} {done.stdout[:500]} {done.stderr[:500]}"
        return done.stdout

    def python(self, block):
        printed = io.StringIO()
        code = compile("\n" * block.line + block.text, str(DOCS / block.page), "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, self.names)
        return printed.getvalue()

    def json(self, block):
        """The engine parameters of Superset's connection, from which it makes its engine."""
        if self.page == "tools/superset.md":
            parameters = json.loads(filled(block.text, self.site.read))
            self.engine = sqlalchemy.create_engine("shillelagh+safe://", **parameters)
        return ""

    def sql(self, block):
        """A block of SQL as DuckDB's shell takes it, or as Superset does; printed is what the last statement answers."""
        text = filled(block.text, self.site.read)
        if self.page == "tools/superset.md":
            with self.engine.connect() as connection:
                answer = connection.execute(sqlalchemy.text(text.replace(":", "\\:")))
                return "".join(" | ".join(map(str, row)) + "\n" for row in [answer.keys(), *answer])
        answer = self.database.sql(text.replace("INSTALL httpfs;\nLOAD httpfs;", f"LOAD '{HTTPFS}';"))
        return "" if answer is None else f"{answer}\n"

    def differences(self):
        """Where the page prints something else than it says, and how many blocks say what they print."""
        said = [(block, printed) for block, printed in self.printed if block.output is not None]
        return len(said), [
            f"{where(block)} says\n{block.output}and printed\n{printed}"
            for block, printed in said if lines(printed) != lines(block.output)
        ]


def where(block):
    return f"docs/{block.page}:{block.line}"


def lines(text):
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]
