"""Files and libpysal objects: what is written is read again, foreign files are read as they are."""

from __future__ import annotations

import libpysal
import numpy as np
import pandas as pd
import pytest
import scipy.io
from libpysal.examples import get_path
from libpysal.graph import Graph, read_gal, read_gwt

import toolkit as tk
from toolkit.errors import InputError, OutputError, WeightsError

IDS = ["b", "a", "lone", "c"]
A = np.array([[0, 0.25, 0, 1 / 3], [2.0, 0, 0, 0], [0, 0, 0, 0], [1e-7, 0, 0, 0]])


def weights() -> tk.SpatialWeights:
    return tk.weights.from_matrix(A, IDS, islands="keep")


@pytest.mark.parametrize("suffix", [".csv", ".gwt", ".mtx"])
def test_what_is_written_is_read_again_to_the_last_bit(tmp_path, suffix):
    path = tmp_path / f"w{suffix}"
    weights().save(path)
    ids = IDS if suffix == ".mtx" else None
    back = tk.weights.read(path, ids, islands="keep")
    assert back == weights() and back.ids == tuple(IDS)
    assert list(tmp_path.iterdir()) == [path], "no temporary file is left"


def test_gal_keeps_links_and_order(tmp_path):
    weights().save(tmp_path / "w.gal")
    back = tk.weights.read(tmp_path / "w.gal", islands="keep")
    assert back.ids == tuple(IDS) and np.array_equal(back.sparse.toarray(), (A > 0).astype(float))
    assert tk.weights.from_graph(read_gal(tmp_path / "w.gal"), islands="keep") == back


def test_libpysal_reads_our_gwt(tmp_path):
    weights().save(tmp_path / "w.gwt")
    theirs = tk.weights.from_graph(read_gwt(tmp_path / "w.gwt"), islands="keep")
    assert np.allclose(theirs.match(IDS).sparse.toarray(), A, atol=1e-15)


@pytest.mark.parametrize("name", ["columbus.gal", "states48.gal", "baltim_q.gal"])
def test_gal_files_against_libpysal(name):
    ours, graph = tk.weights.read(get_path(name)), read_gal(get_path(name))
    theirs = tk.weights.from_graph(graph)
    assert ours.match(theirs.ids) == theirs
    assert ours.nnz == len(graph.adjacency)


def test_a_two_region_matrix_is_not_taken_for_a_list(tmp_path):
    (tmp_path / "two.csv").write_text("id,b,a\nb,0,2\na,3,0\n")
    assert tk.weights.read(tmp_path / "two.csv").sparse.toarray().tolist() == [[0, 2], [3, 0]]
    (tmp_path / "list.csv").write_text("focal,neighbor,weight\nb,a,2\na,b,3\n")
    assert tk.weights.read(tmp_path / "list.csv") == tk.weights.read(tmp_path / "two.csv")


def test_matlab_files_are_cast_to_float(tmp_path):
    """The cigarette matrix: 46 x 46, 188 ones, stored as uint8; also libpysal's own reader is a witness."""
    ids = list(range(46))
    W = tk.weights.read(get_path("spat-sym-us.mat"), ids)
    assert W.nnz == 188 and W.symmetric and W.sparse.dtype == float and (-W.sparse).min() == -1
    theirs = libpysal.io.open(get_path("spat-sym-us.mat")).read()
    assert np.array_equal(W.sparse.toarray(), theirs.full()[0])
    scipy.io.savemat(tmp_path / "two.mat", {"W1": A, "W2": A.T, "x": np.ones((4, 1))})
    assert tk.weights.read(tmp_path / "two.mat", IDS, variable="W2", islands="keep").sparse[0, 1] == 2.0
    with pytest.raises(WeightsError, match=r"2 square matrices[\s\S]*W1, W2[\s\S]*variable="):
        tk.weights.read(tmp_path / "two.mat", IDS)
    with pytest.raises(WeightsError, match=r"no 'W3'"):
        tk.weights.read(tmp_path / "two.mat", IDS, variable="W3")
    with pytest.raises(WeightsError, match=r"holds no ids"):
        tk.weights.read(get_path("spat-sym-us.mat"))


TEXT = {
    "dense with ids.csv": ("id,b,a,c\nb,0,1,2\na,3,0,0\nc,4,0,0\n", None),
    "dense, header in another order.csv": (",c,b,a\nb,2,0,1\na,0,3,0\nc,0,4,0\n", None),
    "dense, semicolons.csv": ("id;b;a;c\nb;0;1;2\na;3;0;0\nc;4;0;0\n", None),
    "dense, no ids.csv": ("0,1,2\n3,0,0\n4,0,0\n", ["b", "a", "c"]),
    "dense, spaces.txt": ("0 1 2\n3 0 0\n4 0 0\n", ["b", "a", "c"]),
    "dense, tabs and ids.txt": ("id\tb\ta\tc\nb\t0\t1\t2\na\t3\t0\t0\nc\t4\t0\t0\n", None),
    "links.csv": ("focal,neighbor,weight\nb,a,1\nb,c,2\na,b,3\nc,b,4\n", None),
    "links, no header.txt": ("b a 1\nb c 2\na b 3\nc b 4\n", None),
    "links by position.txt": ("1 2 1\n1 3 2\n2 1 3\n3 1 4\n", ["b", "a", "c"]),
    "links in another order.csv": ("from,to,w\nc,b,4\na,b,3\nb,c,2\nb,a,1\n", ["b", "a", "c"]),
    "links by three.txt": ("b a 1\nb c 2\na b 3\nc b 4\n", ["b", "a", "c"]),
    "byte order mark.csv": ("\ufeffid,b,a,c\nb,0,1,2\na,3,0,0\nc,4,0,0\n", None),
    "links.gwt": ("0 3 x id\nb a 1\nb c 2\na b 3\nc b 4\n", None),
}


@pytest.mark.parametrize("name", TEXT)
def test_tables_in_many_layouts(tmp_path, name):
    text, ids = TEXT[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    W = tk.weights.read(tmp_path / name, ids)
    assert W.match(["b", "a", "c"]).sparse.toarray().tolist() == [[0, 1, 2], [3, 0, 0], [4, 0, 0]]
    assert W.description == name and W.normalization == "none"


def test_excel(tmp_path):
    frame = pd.DataFrame(
        [[0, 1, 2], [3, 0, 0], [4, 0, 0]], index=[110000, 120000, 130000], columns=[110000, 120000, 130000]
    )
    frame.to_excel(tmp_path / "w.xlsx")
    W = tk.weights.read(tmp_path / "w.xlsx", normalize="row")
    assert W.ids == (110000, 120000, 130000) and W.sparse[0, 2] == pytest.approx(2 / 3)


def test_ids_in_files_become_numbers_only_without_loss(tmp_path):
    (tmp_path / "a.csv").write_text("focal,neighbor,weight\n1,2,1\n2,1,1\n")
    (tmp_path / "b.csv").write_text("focal,neighbor,weight\n01,02,1\n02,01,1\n")
    assert tk.weights.read(tmp_path / "a.csv").ids == (1, 2)
    assert tk.weights.read(tmp_path / "b.csv").ids == ("01", "02")
    assert tk.weights.read(tmp_path / "a.csv", ["2", "1"]).ids == ("2", "1"), "ids= says how they are written"


BROKEN = {
    "no ids.csv": ("0,1\n1,0\n", None, r"matrix without ids"),
    "ragged.csv": ("focal,neighbor,weight\na,b\n", None, r"not a well-formed|does not|not"),
    "words.csv": ("focal,neighbor,weight\na,b,near\nb,a,1\n", None, r"not a well-formed .csv file"),
    "twice.csv": ("focal,neighbor,weight\na,b,1\na,b,2\nb,a,1\n", None, r"more than once: a -> b"),
    "short.gal": ("3\na 2\nb c\nb 1\na\n", None, r"not a well-formed .gal file"),
    "long.gal": ("1\na 1\nb\nb 1\na\n", None, r"2 words follow|3 words follow"),
    "alone.gwt": ("0 3 x id\na b 1\nb a 1\n", None, r"announces 3 regions, 2 have links[\s\S]*ids="),
    "strange.csv": ("focal,neighbor,weight\na,x,1\nx,a,1\n", ["a", "b"], r"not among ids=: x"),
    "oblong.csv": ("id,a,b,c\na,0,1,1\nb,1,0,1\n", None, r"square"),
    "sides.csv": ("id,a,b,c\na,0,1,1\nb,1,0,1\nz,1,0,0\n", None, r"Header and first column[\s\S]*differ"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_say_what_is_wrong(tmp_path, name):
    text, ids, message = BROKEN[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(WeightsError, match=message):
        tk.weights.read(tmp_path / name, ids)


def test_unknown_files_and_folders(tmp_path):
    with pytest.raises(InputError, match=r"\.gal, \.gwt, \.csv"):
        tk.weights.read("weights.pkl")
    with pytest.raises(InputError, match=r"There is no file"):
        tk.weights.read(tmp_path / "none.gal")
    with pytest.raises(InputError, match=r"cannot be written as w\.pkl"):
        weights().save(tmp_path / "w.pkl")
    with pytest.raises(OutputError, match=r"cannot be written: No such file"):
        weights().save(tmp_path / "nowhere" / "w.csv")
    spaced = tk.weights.from_matrix([[0, 1], [1, 0]], ["New York", "Ohio"])
    with pytest.raises(InputError, match=r"spaces[\s\S]*New York[\s\S]*\.csv"):
        spaced.save(tmp_path / "w.gal")
    spaced.save(tmp_path / "w.csv")
    assert tk.weights.read(tmp_path / "w.csv") == spaced


def test_dataframes_bring_their_ids():
    frame = pd.DataFrame(A, index=IDS, columns=IDS)
    assert tk.weights.from_matrix(frame[["c", "a", "b", "lone"]], islands="keep") == weights()
    with pytest.raises(WeightsError, match=r"different ids: b, z"):
        tk.weights.from_matrix(frame.rename(columns={"b": "z"}))
    with pytest.raises(WeightsError, match=r"ids= differs"):
        tk.weights.from_matrix(frame, list("bacd"))
    with pytest.raises(WeightsError, match=r"without ids"):
        tk.weights.from_matrix(A)


def test_graphs_and_old_w_there_and_back():
    graph, old = weights().to_graph(), weights().to_w()
    assert isinstance(graph, Graph) and graph.unique_ids.tolist() == IDS and graph.isolates.tolist() == ["lone"]
    assert old.id_order == IDS and old.islands == ["lone"]
    assert tk.weights.from_graph(graph, islands="keep") == weights() == tk.weights.from_graph(old, islands="keep")
    assert np.array_equal(old.full()[0], A) and np.array_equal(graph.to_W().full()[0], A)
    x = np.arange(4.0)
    assert np.allclose(graph.lag(x), weights().lag(x)) and np.allclose(libpysal.weights.lag_spatial(old, x), A @ x)
    with pytest.raises(InputError, match=r"A dict is not a graph"):
        tk.weights.from_graph({"a": ["b"]})


def test_a_transformed_w_is_taken_as_it_stands_and_left_alone():
    old = libpysal.io.open(get_path("states48.gal")).read()
    old.transform = "r"
    W = tk.weights.from_graph(old)
    assert W.row_sums_constant and W.normalization == "none" and old.transform == "R"
    graph = Graph.from_W(old)
    assert tk.weights.from_graph(graph).match(W.ids) == W
