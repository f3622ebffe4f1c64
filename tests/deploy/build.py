"""Builds the functions as they are shipped, and lays each out the way `sam build` does."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "target" / "deploy"

# The functions by their names in the template, and the programs that they run.
FUNCTIONS = {
    "Collect": "collect",
    "Aggregate": "aggregate",
    "Seal": "seal",
    "Report": "report",
    "Credit": "credit",
    "Goals": "goals",
    "Manage": "manage",
    "Pages": "pages",
    "Audit": "audit",
}
# What a function that does nothing takes, for comparison.
HELLO = "Hello"
PROGRAMS = {**FUNCTIONS, HELLO: "hello"}
# As AWS counts them in Lambda's own limits.
MEGABYTE = 1024 * 1024


def build():
    """Compiles all of them with the release profile; quick where nothing changed."""
    packages = [word for program in PROGRAMS.values() for word in ("--package", program)]
    # Built without the feature that describes the routes, which the lints are run with: no warning here either.
    strict = {**os.environ, "RUSTFLAGS": "-D warnings"}
    subprocess.run(["cargo", "build", "--release", "--locked", *packages], cwd=ROOT, check=True, env=strict)
    for name, program in PROGRAMS.items():
        lay_out(name, ROOT / "target" / "release" / program)


def lay_out(name, program):
    """Makes `target/deploy/<Function>/bootstrap` and its zip, unless they are newer than the program."""
    bootstrap, package = bootstrap_of(name), package_of(name)
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    if package.exists() and package.stat().st_mtime >= program.stat().st_mtime:
        return
    # Beside it and then renamed, because a program that runs cannot be written over.
    beside = bootstrap.with_suffix(".new")
    shutil.copyfile(program, beside)
    beside.chmod(0o755)
    os.replace(beside, bootstrap)
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(bootstrap, "bootstrap")


def bootstrap_of(name):
    return OUT / name / "bootstrap"


def package_of(name):
    return OUT / f"{name}.zip"


def megabytes(path):
    return path.stat().st_size / MEGABYTE


def main():
    build()
    for name in PROGRAMS:
        zipped, unzipped = megabytes(package_of(name)), megabytes(bootstrap_of(name))
        print(f"{name:10} zip {zipped:.2f} MB, program {unzipped:.2f} MB")


if __name__ == "__main__":
    main()
