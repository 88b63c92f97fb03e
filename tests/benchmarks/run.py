"""Time and memory of the toolkit beside a peer, measured in the same run: ``make bench``.

Each job runs in a process of its own, so that peak memory is its own. The ratio is peer over toolkit: above
one, the toolkit is faster or smaller. Times are wall clock, imports left out, and depend on the machine;
the ratios less so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
import warnings


def lattice(side: int):
    """Rook lattice of side x side cells: outcome with rho = 0.4, one regressor, 0/1 neighbours."""
    import numpy as np
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    line = sparse.diags_array([np.ones(side - 1), np.ones(side - 1)], offsets=[-1, 1], shape=(side, side))
    eye = sparse.eye_array(side)
    links = (sparse.kron(line, eye) + sparse.kron(eye, line)).tocsr()
    w = sparse.diags_array(1 / links.sum(axis=1)) @ links
    rng = np.random.default_rng(1)
    n = side * side
    x = rng.normal(size=n)
    y = spsolve((sparse.eye_array(n) - 0.4 * w).tocsc(), 1 + x + 0.5 * (w @ x) + rng.normal(size=n))
    return y, x, links.tocsr()


def toolkit_sdm(side: int) -> float:
    """SDM with impacts and their standard errors."""
    import numpy as np
    import pandas as pd

    import toolkit as tk

    y, x, links = lattice(side)
    ids = np.arange(len(y))
    panel = tk.Panel(pd.DataFrame({"id": ids, "y": y, "x": x}), entity="id")
    tk.impacts(_small_fit())  # imports and caches
    start = time.perf_counter()
    w = tk.weights.from_matrix(links, ids=ids, normalize="row")
    tk.impacts(tk.fit("y ~ x", panel, w, model="sdm"))
    return time.perf_counter() - start


def spreg_sdm(side: int) -> float:
    """spreg's maximum likelihood of the lag model with W x, sparse LU; it has no standard errors of impacts."""
    import numpy as np
    from libpysal.weights import WSP
    from spreg import ML_Lag

    y, x, links = lattice(side)
    start = time.perf_counter()
    w = WSP(links).to_W(silence_warnings=True)
    w.transform = "r"
    ML_Lag(y[:, None], np.column_stack([x]), w=w, slx_lags=1, method="LU", spat_impacts=None)
    return time.perf_counter() - start


def toolkit_panel(side: int) -> float:
    """Munnell's panel, SAR with entity effects, 20 times."""
    import toolkit as tk

    panel = tk.load("munnell")
    w = tk.weights.queen(panel)
    formula = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"
    tk.fit(formula, panel, w, model="sar", effects="entity")
    start = time.perf_counter()
    for _ in range(20):
        tk.fit(formula, panel, w, model="sar", effects="entity")
    return time.perf_counter() - start


def spreg_panel(side: int) -> float:
    """spreg's Panel_FE_Lag on the same data, 20 times."""
    import numpy as np
    from spreg import Panel_FE_Lag

    import toolkit as tk

    panel = tk.load("munnell")
    w = tk.weights.queen(panel).to_w()
    w.transform = "r"
    y = np.log(panel.values("gsp")).ravel()[:, None]
    x = np.column_stack(
        [*(np.log(panel.values(v)).ravel() for v in ("pcap", "pc", "emp")), panel.values("unemp").ravel()]
    )
    Panel_FE_Lag(y, x, w)
    start = time.perf_counter()
    for _ in range(20):
        Panel_FE_Lag(y, x, w)
    return time.perf_counter() - start


def toolkit_lisa(side: int) -> float:
    """Local Moran of 31 regions x 23 years, 9,999 permutations, from a cold start (imports included)."""
    start = time.perf_counter()
    import toolkit as tk

    panel, w = _lisa_data(tk)
    tk.local_moran(panel, "x", w, permutations=9999, seed=1)
    return time.perf_counter() - start


def esda_lisa(side: int) -> float:
    """The same by a loop over esda's Moran_Local."""
    start = time.perf_counter()
    from esda import Moran_Local

    import toolkit as tk

    panel, w = _lisa_data(tk)
    old = w.to_w()
    for row in panel.values("x"):
        Moran_Local(row, old, permutations=9999, seed=1, n_jobs=1)
    return time.perf_counter() - start


def _lisa_data(tk):
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(2)
    n, t = 31, 23
    ids = [f"r{i:02d}" for i in range(n)]
    frame = pd.DataFrame({"id": np.tile(ids, t), "year": np.repeat(np.arange(t), n), "x": rng.normal(size=n * t)})
    ring = np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)
    return tk.Panel(frame, entity="id", time="year"), tk.weights.from_matrix(ring, ids=ids, normalize="row")


def toolkit_lisa_large(side: int) -> float:
    """Local Moran of a lattice, 999 permutations, imports left out."""
    import numpy as np
    import pandas as pd

    import toolkit as tk

    y, _, links = lattice(side)
    ids = np.arange(len(y))
    panel = tk.Panel(pd.DataFrame({"id": ids, "y": y}), entity="id")
    w = tk.weights.from_matrix(links, ids=ids, normalize="row")
    start = time.perf_counter()
    tk.local_moran(panel, "y", w, permutations=999, seed=1)
    return time.perf_counter() - start


def esda_lisa_large(side: int) -> float:
    """The same by esda's Moran_Local, compiled beforehand on a small lattice."""
    from esda import Moran_Local
    from libpysal.weights import WSP

    for size in (10, side):
        y, _, links = lattice(size)
        w = WSP(links).to_W(silence_warnings=True)
        w.transform = "r"
        start = time.perf_counter()
        Moran_Local(y, w, permutations=999, seed=1, n_jobs=1)
    return time.perf_counter() - start


def _big_panel(rows: int = 50, columns: int = 57, periods: int = 20):
    """A lattice panel with two-way effects, two regressors and rho = 0.4: y, x, z (T, N) and 0/1 links."""
    import numpy as np
    from scipy import sparse
    from scipy.sparse.linalg import splu

    def line(k):
        return sparse.diags_array([np.ones(k - 1), np.ones(k - 1)], offsets=[-1, 1], shape=(k, k))

    links = (
        sparse.kron(line(rows), sparse.eye_array(columns)) + sparse.kron(sparse.eye_array(rows), line(columns))
    ).tocsr()
    w = sparse.diags_array(1 / links.sum(axis=1)) @ links
    rng, n = np.random.default_rng(0), rows * columns
    x, z = rng.normal(size=(periods, n)), rng.normal(size=(periods, n))
    shocks = rng.normal(size=n) + rng.normal(size=(periods, 1)) + rng.normal(size=(periods, n))
    y = splu((sparse.eye_array(n) - 0.4 * w).tocsc()).solve((x + 0.5 * (w @ x.T).T + 0.3 * z + shocks).T).T
    return y, x, z, links


def toolkit_big_panel(side: int) -> float:
    """Panel SDM, two-way, N = 2,850, T = 20: fit, impacts with standard errors, all tests."""
    import numpy as np
    import pandas as pd

    import toolkit as tk

    y, x, z, links = _big_panel()
    t, n = y.shape
    frame = pd.DataFrame({"id": np.tile(range(n), t), "year": np.repeat(range(t), n)})
    frame = frame.assign(y=y.ravel(), x=x.ravel(), z=z.ravel())
    tk.spectests(_small_fit())  # imports
    start = time.perf_counter()
    panel = tk.Panel(frame, entity="id", time="year")
    w = tk.weights.from_matrix(links, ids=range(n), normalize="row")
    fit = tk.fit("y ~ x + z", panel, w, model="sdm", effects="twoway")
    tk.impacts(fit)
    tk.spectests(fit)
    return time.perf_counter() - start


def spreg_big_panel(side: int) -> float:
    """spreg's Panel_FE_Lag, one-way SAR, on the first 10 periods of 2,500 regions: its nearest model, no tests."""
    import numpy as np
    from libpysal.weights import WSP
    from spreg import Panel_FE_Lag

    y, x, z, links = _big_panel(50, 50, 10)
    start = time.perf_counter()
    w = WSP(links).to_W(silence_warnings=True)
    w.transform = "r"
    Panel_FE_Lag(y.ravel()[:, None], np.column_stack([x.ravel(), z.ravel()]), w)
    return time.perf_counter() - start


def _small_fit():
    import numpy as np
    import pandas as pd

    import toolkit as tk

    y, x, links = lattice(5)
    panel = tk.Panel(pd.DataFrame({"id": np.arange(25), "y": y, "x": x}), entity="id")
    return tk.fit("y ~ x", panel, tk.weights.from_matrix(links, ids=np.arange(25), normalize="row"), model="sdm")


#: title, side of the lattice, toolkit's job, peer's job (None: the peer would take minutes), in `--full` only
JOBS = (
    ("SAR, entity effects, Munnell (48 x 17), 20 fits; peer spreg Panel_FE_Lag", 0, toolkit_panel, spreg_panel, False),
    ("SDM + impacts, lattice N = 2,500; peer spreg ML_Lag LU (no impact SEs)", 50, toolkit_sdm, spreg_sdm, False),
    ("SDM + impacts, lattice N = 10,000; peer spreg ML_Lag LU (no impact SEs)", 100, toolkit_sdm, spreg_sdm, True),
    ("SDM + impacts, lattice N = 99,856; no peer in Python finishes", 316, toolkit_sdm, None, False),
    ("SDM + impacts, lattice N = 1,000,000; no peer in Python finishes", 1000, toolkit_sdm, None, True),
    (
        "Panel SDM two-way + impacts + tests, 2,850 x 20; peer spreg SAR 2,500 x 10",
        0,
        toolkit_big_panel,
        spreg_big_panel,
        True,
    ),
    ("LISA, 31 x 23, 9,999 permutations, cold; peer esda Moran_Local loop", 0, toolkit_lisa, esda_lisa, False),
    (
        "LISA, lattice N = 90,000, 999 permutations; peer esda, warm, one core",
        300,
        toolkit_lisa_large,
        esda_lisa_large,
        False,
    ),
)


def measure(job: str, side: int) -> tuple[float, float]:
    """Seconds and peak megabytes of one job in a new process."""
    out = subprocess.run([sys.executable, __file__, "--job", job, "--side", str(side)], capture_output=True, text=True)
    if out.returncode:
        raise SystemExit(f"{job} failed:\n{out.stderr}")
    return tuple(json.loads(out.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="also the jobs whose peer takes more than a minute")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--side", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        warnings.simplefilter("ignore")
        seconds = globals()[arguments.job](arguments.side)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([seconds, peak]))
        return
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; ratio = peer / toolkit")
    print(f"{'job':76}{'toolkit':>10}{'peer':>10}{'ratio':>8}{'MB':>8}{'peer MB':>9}{'ratio':>8}")
    for title, side, ours, peer, slow in JOBS:
        if slow and not arguments.full:
            continue
        seconds, peak = measure(ours.__name__, side)
        line = f"{title:76}{seconds:9.2f}s"
        if peer is None:
            print(f"{line}{'--':>10}{'--':>8}{peak:8.0f}{'--':>9}{'--':>8}", flush=True)
            continue
        other, other_peak = measure(peer.__name__, side)
        print(
            f"{line}{other:9.2f}s{other / seconds:8.1f}{peak:8.0f}{other_peak:9.0f}{other_peak / peak:8.1f}", flush=True
        )


if __name__ == "__main__":
    main()
