"""Run the R scripts that `tk.crosscheck` writes and keep what R found: crosscheck.json.

Needs Rscript with Matrix, spdep, spatialreg and plm (made with R 4.2.2, spatialreg 1.2-6, spdep 1.2-7, plm 2.6-2):
    python tests/golden/make_crosscheck.py
"""

import csv
import json
import subprocess
import tempfile
from pathlib import Path

import toolkit as tk

MUNNELL = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"
MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac", "gns")


def estimates(fit, folder):
    made = tk.crosscheck(fit, folder)
    subprocess.run(["Rscript", "crosscheck.R"], cwd=made.folder, check=True, capture_output=True)
    with open(made.folder / "r.csv", encoding="utf-8", newline="") as file:
        return {row["term"]: [row["estimate"], row["std_error"]] for row in csv.DictReader(file)}


def main():
    out = {}
    columbus, munnell = tk.load("columbus"), tk.load("munnell")
    W_c, W_m = tk.weights.queen(columbus), tk.weights.queen(munnell)
    with tempfile.TemporaryDirectory() as here:
        for model in MODELS:
            fit = tk.fit("CRIME ~ INC + HOVAL", columbus, W_c, model=model)
            out[f"columbus/{model}/none"] = estimates(fit, f"{here}/c_{model}")
        for effects in ("none", "entity", "time", "twoway"):
            for model in ("ols", "sar", "sem", "sdm", "sdem", "sac"):
                fit = tk.fit(MUNNELL, munnell, W_m, model=model, effects=effects)
                out[f"munnell/{model}/{effects}"] = estimates(fit, f"{here}/m_{model}_{effects}")
    Path(__file__).with_name("crosscheck.json").write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
