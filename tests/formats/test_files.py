"""Whole files: which format, unreadable and unwritable paths, and writing whole or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import BrickGPTError, ExitCode, FormatError, InputError, OutputError
from brickgpt_engine.formats import FORMATS, atomic, files, read_structure, write_structure

MODEL = BrickStructure([Brick(2, 4, 0, 0, 0), Brick(4, 2, 0, 0, 1)])


@pytest.mark.parametrize("extension", [*FORMATS, ".LDR", ".Txt"])
def test_write_then_read(tmp_path, extension):
    path = tmp_path / f"model{extension}"
    write_structure(MODEL, path, title="a model")
    assert read_structure(path) == MODEL
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_ldraw_header_names_the_file(tmp_path):
    write_structure(MODEL, tmp_path / "chair.ldr", title="a chair")
    assert (tmp_path / "chair.ldr").read_text().splitlines()[:2] == ["0 a chair", "0 Name: chair.ldr"]


def test_a_multi_part_document_begins_with_its_block(tmp_path):
    write_structure(MODEL, tmp_path / "my chair.mpd", title="a chair")
    lines = (tmp_path / "my chair.mpd").read_text().splitlines()
    assert lines[:3] == ["0 FILE my chair.mpd", "0 a chair", "0 Name: my chair.mpd"]
    assert sum(line.startswith("0 FILE") for line in lines) == 1
    back = read_structure(tmp_path / "my chair.mpd")
    assert back == MODEL
    assert [brick.colour for brick in back] == [None, None]
    write_structure(MODEL, tmp_path / "chair.ldr")
    assert "0 FILE" not in (tmp_path / "chair.ldr").read_text()


@pytest.mark.parametrize(
    ("name", "content", "error", "reason"),
    [
        ("missing.txt", None, InputError, "no such file"),
        (
            "model.xyz",
            b"2x4 (0,0,0)",
            FormatError,
            "unknown extension '.xyz'; use one of .txt, .json, .ldr, .mpd",
        ),
        ("model", b"2x4 (0,0,0)", FormatError, "the name has no extension"),
        ("model.io", b"PK", FormatError, "export LDraw"),
        ("empty.txt", b" \n\n", FormatError, "the file is empty"),
        ("empty.json", b"", FormatError, "the file is empty"),
        ("binary.ldr", b"\x89PNG\0\0", FormatError, "binary or UTF-16"),
        ("wide.txt", "2x4 (0,0,0)".encode("utf-16"), FormatError, "binary or UTF-16"),
        ("latin.txt", b"2x4 (0,0,0)\n\xe4", FormatError, "latin.txt:2: the file is not UTF-8"),
    ],
)
def test_reading_what_is_no_model(tmp_path, name, content, error, reason):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error) as caught:
        read_structure(path)
    assert reason in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code is ExitCode.BAD_INPUT


def test_a_folder_is_called_one_whatever_its_name(tmp_path):
    for name in ("folder.txt", "folder", "folder.xyz", "folder.io"):
        (tmp_path / name).mkdir()
        with pytest.raises(InputError, match="is a folder; name a file in it"):
            read_structure(tmp_path / name)


def test_reading_a_folder_or_an_impossible_name(tmp_path):
    (tmp_path / "folder.txt").mkdir()
    for path in (tmp_path / "folder.txt", "a\0b.txt", "x" * 5000 + ".txt"):
        with pytest.raises(InputError) as caught:
            read_structure(path)
        assert len(str(caught.value)) < 400


def test_reading_a_huge_file(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 1_000_000)
    path = tmp_path / "huge.txt"
    path.write_bytes(b"1x1 (0,0,0)\n" * 100_000)
    with pytest.raises(FormatError, match="larger than 1 MB"):
        read_structure(path)


def test_old_encodings_in_comments_of_ldraw_files(tmp_path):
    path = tmp_path / "old.ldr"
    path.write_bytes(b"0 M\xf6bel\r\n1 4 20 0 40 0 0 1 0 1 0 -1 0 0 3001.DAT\r\n")
    assert list(read_structure(path)) == [Brick(2, 4, 0, 0, 0)]


def test_existing_files_are_replaced_only_when_allowed(tmp_path):
    path = tmp_path / "model.txt"
    path.write_text("precious")
    with pytest.raises(OutputError, match="exists; choose another name"):
        write_structure(MODEL, path, overwrite=False)
    assert path.read_text() == "precious"
    path.chmod(0o640)
    write_structure(MODEL, path)
    assert path.read_text() == "2x4 (0,0,0)\n4x2 (0,0,1)\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    atomic.write_text(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_device_is_written_to_directly():
    atomic.write_text("/dev/null", "text")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_new_files_follow_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        atomic.write_bytes(tmp_path / "new.bin", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new.bin").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: folder / "missing" / "m.txt", "does not exist; create it"),
        (lambda folder: folder, "it is a folder"),
        (lambda folder: folder / "file" / "m.txt", "is not a folder"),
        (lambda folder: folder / ("n" * 300 + ".txt"), "the name is too long"),
        (lambda folder: "/proc/m.txt", "cannot write"),
    ],
)
def test_paths_that_cannot_be_written(tmp_path, make, reason):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError) as caught:
        atomic.write_text(make(tmp_path), "text")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code is ExitCode.OUTPUT
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "no permission in the folder"),
        (errno.EROFS, "is read-only"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch, number, reason):
    path = tmp_path / "m.txt"
    path.write_text("old")

    def fail(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(BrickGPTError, match=reason):
        atomic.write_text(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.txt"]


def test_interruption_leaves_no_rubbish(tmp_path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic.write_text(tmp_path / "m.txt", "new")
    assert list(tmp_path.iterdir()) == []
