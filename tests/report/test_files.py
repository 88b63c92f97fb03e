from __future__ import annotations

import os

import pytest

from toolkit.errors import OutputError
from toolkit.report import files
from toolkit.report.files import check_target, write_atomic


def leftovers(folder):
    return [p.name for p in folder.iterdir() if p.name.endswith(".partial")]


def test_writes_the_bytes_and_returns_the_path(tmp_path):
    target = tmp_path / "a.txt"
    assert write_atomic(target, b"one") == target
    assert target.read_bytes() == b"one"
    assert leftovers(tmp_path) == []


def test_existing_file_is_kept_until_overwrite(tmp_path):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    with pytest.raises(OutputError, match="exists and was left as it is") as caught:
        write_atomic(target, b"new")
    assert "overwrite=True" in str(caught.value)
    assert target.read_bytes() == b"old"
    write_atomic(target, b"new", overwrite=True)
    assert target.read_bytes() == b"new"
    assert leftovers(tmp_path) == []


def test_file_that_appears_meanwhile_is_kept(tmp_path, monkeypatch):
    target = tmp_path / "a.txt"
    fsync = os.fsync

    def slow(handle):
        target.write_bytes(b"theirs")
        fsync(handle)

    monkeypatch.setattr(files.os, "fsync", slow)
    with pytest.raises(OutputError, match="exists"):
        write_atomic(target, b"ours")
    assert target.read_bytes() == b"theirs"
    assert leftovers(tmp_path) == []


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_atomic(target, b"new", overwrite=True)
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_link_is_followed(tmp_path):
    (tmp_path / "real.txt").write_bytes(b"old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    write_atomic(tmp_path / "link.txt", b"new", overwrite=True)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("name", "suffixes", "message"),
    [
        ("a.xyz", (".pdf", ".png"), r"'\.xyz'.*\n.*\.pdf, \.png"),
        ("a", (".pdf",), "has no suffix"),
        ("missing/a.pdf", (".pdf",), "there is no folder"),
        ("", None, "is a folder"),
    ],
)
def test_bad_targets(tmp_path, name, suffixes, message):
    with pytest.raises(OutputError, match=message):
        check_target(tmp_path / name, suffixes=suffixes)


def test_suffix_case_does_not_matter(tmp_path):
    assert check_target(tmp_path / "A.PDF", suffixes=(".pdf",)) == tmp_path / "A.PDF"


def test_text_is_refused(tmp_path):
    with pytest.raises(OutputError, match="str, not bytes"):
        write_atomic(tmp_path / "a.txt", "text")
    assert list(tmp_path.iterdir()) == []
