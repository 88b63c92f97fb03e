"""Write china.csv from a table of official figures with columns adcode, year and the variables of china.toml.

    python toolkit/data/tables/make_china.py SOURCE.csv

The figures are those of the yearbooks and databases named in china.toml, variable by variable. The script
checks keys, columns and the number of cells against the codebook and writes the table sorted and unchanged.
"""

from __future__ import annotations

import csv
import sys
import tomllib
from pathlib import Path

HOME = Path(__file__).parent


def main(source: str) -> None:
    book = tomllib.loads((HOME / "china.toml").read_text(encoding="utf-8"))["variables"]
    with open(source, encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        rows = sorted(reader, key=lambda r: (int(r["year"]), r["adcode"]))
        columns = list(reader.fieldnames or ())
    if columns[:2] != ["adcode", "year"] or set(columns[2:]) != set(book):
        raise SystemExit(f"Columns differ from china.toml: {sorted(set(columns[2:]) ^ set(book))}.")
    if len({(r["adcode"], r["year"]) for r in rows}) != len(rows):
        raise SystemExit("The table has duplicate rows.")
    for name, entry in book.items():
        years = [int(r["year"]) for r in rows if r[name] != ""]
        if (min(years), max(years)) != (entry["first_year"], entry["last_year"]):
            raise SystemExit(f"{name}: years {min(years)}-{max(years)} differ from the codebook.")
    with open(HOME / "china.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, ["adcode", "year", *book], lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: r[k] for k in ("adcode", "year", *book)} for r in rows)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
