"""Each kind of Gurobi licence is recognised by what lies in the environment, and named when it fails."""

from types import SimpleNamespace

import pytest

from brickgpt_engine.physics.solvers import gurobi, licence


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    for name in ("GRB_LICENSE_FILE", "GRB_WLSACCESSID", "GRB_WLSSECRET", "GRB_LICENSEID", "GUROBI_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(licence, "_FOLDERS", (str(tmp_path / "home"),))
    return tmp_path


def write(folder, text, name="gurobi.lic"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def test_without_a_file_it_is_the_wheels_own():
    assert licence.find_licence().kind == "size-limited"


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("TYPE=NODE\nEXPIRATION=2031-05-01\nKEY=SECRET1\n", "file", "valid to 2031-05-01"),
        ("WLSACCESSID=a\nWLSSECRET=SECRET1\nLICENSEID=7\n", "wls", "Web License Service"),
        ("WLSACCESSID=a\nWLSSECRET=SECRET1\n", "wls", "which lack LICENSEID"),
        ("TOKENSERVER=licences.example\n", "server", "token server licences.example"),
        ("CLOUDACCESSID=SECRET1\nCLOUDKEY=SECRET1\n", "cloud", "Cloud"),
        ("# WLSACCESSID=a\nTYPE=NODE\n", "file", "licence file"),
    ],
)
def test_files_are_told_apart_and_keep_their_secrets(bare, text, kind, words):
    path = write(bare / "home", text)
    found = licence.find_licence()
    assert found.kind == kind
    assert words in found.text and str(path) in found.text
    assert "SECRET1" not in found.text


def test_the_environment_names_the_file_or_the_credentials(bare, monkeypatch):
    write(bare / "home", "TYPE=NODE\n")
    monkeypatch.setenv("GRB_LICENSE_FILE", str(bare / "missing.lic"))
    assert "missing.lic" in licence.find_licence().text
    monkeypatch.delenv("GRB_LICENSE_FILE")
    monkeypatch.setattr(licence, "_FOLDERS", ())
    monkeypatch.setenv("GRB_WLSACCESSID", "a")
    assert licence.find_licence().kind == "wls"


class Trouble(Exception):
    def __init__(self, errno, text):
        super().__init__(text)
        self.errno = errno


@pytest.mark.parametrize(
    ("errno", "text", "kind", "words"),
    [
        (10009, "TYPE=NODE\n", gurobi.GurobiUnavailableError, "renew or remove it"),
        (10009, "WLSACCESSID=a\nWLSSECRET=b\nLICENSEID=1\n", gurobi.GurobiUnavailableError, "credentials"),
        (10022, "TOKENSERVER=h\n", gurobi.GurobiUnavailableError, "token server h"),
        (10009, None, gurobi.GurobiUnavailableError, "size-limited licence does not work"),
        (10010, None, gurobi.GurobiSizeError, "stops at 2000"),
        (10001, None, gurobi.SolverError, "Gurobi failed"),
    ],
)
def test_a_failure_names_its_case(bare, errno, text, kind, words):
    if text:
        write(bare / "home", text)
    error = gurobi._translate(Trouble(errno, "some\nreason"))
    assert type(error) is kind
    assert words in str(error) and "--solver highs" in str(error) and "\n" not in str(error)


def test_a_full_licence_is_named_with_its_number(bare, monkeypatch):
    path = write(bare / "home", "TYPE=NODE\n")
    monkeypatch.setattr(gurobi, "_environment", lambda: SimpleNamespace(getParam=lambda name: 4711))
    assert gurobi.licence() == f"licence file {path} (number 4711)"
