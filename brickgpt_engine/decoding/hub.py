"""The Hugging Face hub: whether it answers, and its libraries' long errors in one line.

Offline, those libraries try every file six times, half a minute in all, and write each try to
stderr. One short look beforehand settles whether they should ask the hub at all.
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

from brickgpt_engine.errors import ModelError

WAIT_S = 3.0
"""Longest wait for an answer of the hub, name look-up included."""
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_HUB_NAME = re.compile(rf"({_HUB_ID.pattern}|[\w-]+)")  # some old models have no owner
_PAGE = re.compile(rf"huggingface\.co/(?!api/){_HUB_ID.pattern}")
_SILENT = (
    "the Hugging Face hub cannot be reached and no copy is cached; check the connection and the id, "
    "or give a folder"
)
_YES = ("1", "ON", "YES", "TRUE")


def endpoint() -> str:
    """The hub's address; ``HF_ENDPOINT`` names a mirror."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def resolve(name_or_path: str) -> str:
    """What to hand to the libraries: the name itself, or the cached copy's folder where the hub is silent.

    Given a folder, none of them asks the hub, whatever options it passes on to the next.

    Raises:
        ModelError: the hub does not answer, and there is no copy.
    """
    if Path(name_or_path).is_dir() or not _HUB_NAME.fullmatch(name_or_path) or hub_answers():
        return name_or_path
    from huggingface_hub import snapshot_download

    try:
        return str(snapshot_download(name_or_path, local_files_only=True))
    except (OSError, ValueError) as error:
        raise ModelError(f"{name_or_path} cannot be loaded: {_SILENT}") from error


def is_hub_id(name: str) -> bool:
    """Whether ``name`` has the form of a hub id, ``owner/model``."""
    return _HUB_ID.fullmatch(name) is not None and not name.startswith(".")


def hub_answers(wait_s: float = WAIT_S) -> bool:
    """Whether anything answers at :func:`endpoint` within ``wait_s`` seconds; a refusal is an answer.

    With ``HF_HUB_OFFLINE=1`` nothing is asked, and the answer is no.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in _YES:
        return False
    answered = threading.Event()

    def ask() -> None:
        if _head(endpoint(), wait_s):
            answered.set()

    # A thread, since the time limit of a request does not cover the look-up of the name.
    thread = threading.Thread(target=ask, name="hub-answers", daemon=True)
    thread.start()
    thread.join(wait_s)
    return answered.is_set()


def _head(url: str, wait_s: float) -> bool:
    """Whether a HEAD request to ``url`` gets any answer."""
    import ssl
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        urlopen(Request(url, method="HEAD", headers={"User-Agent": "brickgpt"}), timeout=wait_s).close()
    except HTTPError:
        return True
    except (OSError, ValueError, HTTPException) as error:
        # No route, no such name, too late, no address at all. A certificate that is not known
        # here is another matter: the hub's libraries may have been given it.
        return isinstance(getattr(error, "reason", None), ssl.SSLError)
    return True


def advice(error: BaseException) -> str:
    """One line that says what went wrong and what to do, from the libraries' long messages."""
    text = " ".join(str(error).split())
    if "gated repo" in text or "403 Client Error" in text:
        page = _PAGE.search(text)
        where = page[0] if page else "huggingface.co"
        return f"the repository is gated; accept its terms on {where} and set HF_TOKEN, or give a folder"
    if "not a valid model identifier" in text or "401 Client Error" in text or "404 Client Error" in text:
        return "the hub has no such model, or it is private: check the id, set HF_TOKEN, or give a folder"
    if "connect" in text.lower() or "offline" in text.lower() or "cached files" in text:
        return _SILENT
    if isinstance(error, KeyError):
        return f"its configuration lacks {text}"
    return text[:200]
