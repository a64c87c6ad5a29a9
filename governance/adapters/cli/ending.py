"""How a command ends: 0 pass, 1 refused, 2 bad request, 3 ledger unavailable, 130 Ctrl-C; an error is one sentence and holds no value."""

import logging
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from types import FrameType
from typing import Any

import click

from governance.errors import GovernanceError

INTERRUPTED = 130
_SAID = "interrupted; nothing is half written."
_AGAIN = 0.05
"""Seconds after which an interrupt that was lost is sent again."""
_OUT_OF_THE_PIPE = 0
_noted = threading.Event()
"""Ctrl-C was pressed. Libraries turn the KeyboardInterrupt into errors of their own, so the exception alone can't tell."""


def guarded(command: click.Command) -> None:
    """Run a click command and exit with the right code; Ctrl-C ends with 130 whatever error it came up as."""
    logging.basicConfig(format="governance: %(message)s", level=logging.WARNING)
    code, said = INTERRUPTED, _SAID
    try:
        with _noting_interrupts():
            code, said = _run(command)
    except KeyboardInterrupt:
        _noted.set()
    if _noted.is_set():
        code, said = INTERRUPTED, _SAID
    if said:
        click.echo(f"governance: {said}", err=True)
    if code == INTERRUPTED:
        _forget_unhandled()
    sys.exit(code)


def pass_interrupt_on() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed: to be called before a result is written."""
    if _noted.is_set():
        raise KeyboardInterrupt


def _run(command: click.Command) -> tuple[int, str]:
    """The exit code and what is left to say."""
    try:
        code = command.main(standalone_mode=False)
    except GovernanceError as problem:
        return problem.exit_code, str(problem)
    except click.exceptions.Abort:
        return INTERRUPTED, _SAID
    except click.ClickException as problem:
        problem.show()
        return 2, ""
    except BrokenPipeError:
        return _OUT_OF_THE_PIPE, ""
    except Exception as problem:  # noqa: BLE001 - an unforeseen error's text may quote a value: only its kind and place are shown
        return 2, _of_system(problem) if isinstance(problem, OSError) else _unforeseen(problem)
    return (code if isinstance(code, int) else 0), ""


def _forget_unhandled() -> None:
    """Let the interpreter end with our exit code.

    It notes a KeyboardInterrupt that leaves code made from a string (a dataclass, a namedtuple), and would end itself by the signal,
    however it was handled further out. Running another such code takes the note back.
    """
    eval("None")  # noqa: S307 - a constant


@contextmanager
def _noting_interrupts() -> Iterator[None]:
    """Note SIGINT besides raising KeyboardInterrupt; after the command another one changes nothing any more.

    Where Python can't raise it, in a finalizer, or C++ would end the process for it, while a compiled module is loaded, it is sent again a
    moment later.
    """

    def note(number: int, frame: FrameType | None) -> None:
        del number
        _noted.set()
        if not _loads_extension(frame):
            raise KeyboardInterrupt
        _send_again()

    def note_lost(unraised: Any) -> None:  # noqa: ANN401 - sys.UnraisableHookArgs
        if not issubclass(unraised.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(unraised)
        elif ours:
            _send_again()

    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    _noted.clear()
    if ours:
        signal.signal(signal.SIGINT, note)
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, note)
    sys.unraisablehook, before = note_lost, sys.unraisablehook
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if hasattr(signal, "SIGALRM"):
                signal.signal(signal.SIGALRM, signal.SIG_IGN)
        sys.unraisablehook = before


def _send_again() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)


def _loads_extension(frame: FrameType | None) -> bool:
    """Whether a compiled module is being loaded at this moment."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib") and isinstance(frame.f_locals.get("self"), ExtensionFileLoader):
            return True
        frame = frame.f_back
    return False


def _of_system(problem: OSError) -> str:
    """A file or folder that the system does not give: its path, which is the user's, and the system's reason."""
    if problem.filename is None or problem.strerror is None:
        return _unforeseen(problem)
    path = Path(problem.filename.decode(errors="replace") if isinstance(problem.filename, bytes) else str(problem.filename))
    return f"{path}: {problem.strerror[0].lower()}{problem.strerror[1:]}. Hint: check the path, its permissions and the space on the disk."


def _unforeseen(problem: Exception) -> str:
    last = traceback.extract_tb(problem.__traceback__)[-1]
    return f"an unforeseen {type(problem).__name__} at {Path(last.filename).name}:{last.lineno}; nothing was decided."
