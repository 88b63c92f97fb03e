"""The notebook whose data are downloaded, run on a copy beside the repository."""

from __future__ import annotations

import pytest
from cases import CIGAR, ROOT

from toolkit.pipeline.runner import replicate


@pytest.mark.slow
@pytest.mark.skipif(not CIGAR.exists(), reason="the cigarette panel is not shipped: it may not be redistributed")
def test_it_meets_the_book(tmp_path):
    done = replicate(analyses=ROOT / "analyses" / "with_download", out=tmp_path / "build", quick=True, jobs=1)
    assert done.ran == ("cigarette_demand",)
    made = {p.stem for p in (done.out / "cigarette_demand").glob("*.tex")}
    assert {"table_lm", "table_sdm", "table_impacts", "table_dynamic"} <= made
