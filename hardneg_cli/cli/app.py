"""The command line's frame: it opens and closes, and is the only place where an error becomes an exit code."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FrameType
from typing import Any, NoReturn

import typer

from hardneg_cli.cli.command_tree import command_line
from hardneg_cli.cli.option_groups import Command
from hardneg_cli.cli.progress_bar import metered
from hardneg_cli.errors import HardnegError, did_you_mean
from hardneg_cli.io.files.streams import read_once, refuse_naming_twice
from hardneg_cli.runtime import standard_streams
from hardneg_cli.runtime.process_tuning import tune_process
from hardneg_cli.runtime.progress import stages
from hardneg_cli.runtime.remarks import collected
from hardneg_cli.runtime.terminal import say, usage

BUG, INTERRUPTED, BROKEN_PIPE, TERMINATED = 3, 130, 141, 143


ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


class Terminated(BaseException):
    """SIGTERM, or the end of the terminal, as an exception: temporary files are cleaned up on the way out."""


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    for number in ENDING:
        if number == signal.SIGTERM or signal.getsignal(number) != signal.SIG_IGN:  # nohup's children outlive it
            signal.signal(number, _terminate)
    standard_streams.open_closed()
    standard_streams.write_all_or_fail()
    standard_streams.lose_no_result_for_words()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # a library's, in several lines, about what a user cannot change
    _leave_at_once(_guarded(_whole_run))


def _whole_run() -> int:
    """The run and what is still to be written of it. Once all is done no signal is heard: it would end in words."""
    code = _guarded(_run)
    if code <= 1:  # else there is no whole result
        code = _guarded(sys.stdout.flush) or code
    _hear_no_signal()
    return code


def _leave_at_once(code: int) -> NoReturn:
    """Skip Python's farewell: it would write again what nobody takes, and abort if a thread of pyarrow still reads."""
    _hear_no_signal()
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(code)


def _run() -> int:
    app = command_line(_with_exit_code)
    return int(app(prog_name="hardneg", standalone_mode=False) or 0)


def _with_exit_code(run: Command) -> Command:
    """Errors become exit codes, and long work is seen to go on."""
    command_name = run.__module__.rpartition(".")[2].replace("_", "-")
    named = sys.modules[run.__module__].STAGES

    @functools.wraps(run)
    def command(*args: Any, **kwargs: Any) -> int:
        tune_process()
        quiet = kwargs.get("quiet", False)
        with metered(quiet=quiet, command=command_name), stages(*named), read_once():
            work = functools.partial(_with_streams, functools.partial(run, *args, **kwargs), kwargs)
            return _guarded(functools.partial(_remarked, work, quiet))

    return command


def _remarked(work: Callable[[], object], quiet: bool) -> object:
    """Do the work, and say what was to be remarked on its inputs, even where it fails."""
    with collected() as remarks:
        try:
            return work()
        finally:
            with contextlib.suppress(OSError):  # that nobody may read it changes nothing
                for text in () if quiet else remarks:
                    say(f"note: {text}")


def _with_streams(work: Callable[[], int], options: Mapping[str, object]) -> int:
    refuse_naming_twice(_texts(options.values()))
    return work()


def _texts(values: Iterable[object]) -> Iterator[str]:
    """Those among the values of options, any of which may name a file."""
    for value in values:
        yield from (one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, str))


def _guarded(work: Callable[[], Any]) -> int:
    """Do the work; the exit code is its answer, or the one of its error, which is told in one line."""
    try:
        return int(work() or 0)
    except HardnegError as error:
        return _say_and_return(" ".join(error.command_line.split()), error.exit_code)
    except typer.TyperException as error:
        return _say_and_return(_usage(error), 2)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Terminated:
        return TERMINATED
    except SystemExit as leaving:  # typer leaves with 1 when nobody reads its help any more
        return BROKEN_PIPE if _is_broken_pipe(leaving.__context__) else int(leaving.code or 0)
    except OSError as error:
        if _is_broken_pipe(error):
            return BROKEN_PIPE
        return _say_and_return(f"{error.filename or 'output'}: {error.strerror or error}", 2)
    except MemoryError:
        return _say_and_return("out of memory", 2)
    except Exception as error:
        return _signaled(error) or _say_bug()


def _signaled(error: BaseException | None) -> int:
    """The code of a signal that made the error, or came before it; else 0.

    Python 3.11 has one that comes while a class is made cause a RuntimeError, and one that comes while threads take
    turns can leave a lock of `threading` in a state that is an error on the way out.
    """
    while error is not None:
        if isinstance(error, KeyboardInterrupt | Terminated):
            return INTERRUPTED if isinstance(error, KeyboardInterrupt) else TERMINATED
        error = error.__cause__ or error.__context__
    return 0


def _say_and_return(text: str, code: int) -> int:
    """The code, after a line on standard error; that nobody may read it changes nothing."""
    say(f"hardneg: {text}")
    return code


def _say_bug() -> int:
    say("hardneg: this is a bug in hardneg; please report it with these lines:")
    for line in traceback.format_exc().splitlines():
        say(line)
    return BUG


def _is_broken_pipe(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EPIPE


def _usage(error: typer.TyperException) -> str:
    """What is wrong with the command line, or with the setting that took an option's place."""
    text = usage(error.format_message())
    context, parameter = getattr(error, "ctx", None), getattr(error, "param", None)
    if close := did_you_mean(getattr(error, "option_name", None) or "", getattr(error, "possibilities", None) or ()):
        return text + close
    if context is None or "did you mean" in text:
        return text
    if parameter and getattr(context.get_parameter_source(parameter.name), "name", None) == "DEFAULT_MAP":
        return f"{context.obj.origins[parameter.name.rstrip('_')]}: {text}"
    return f"{text}; see {context.command_path} --help"


def _hear_no_signal() -> None:
    """SIG_IGN is not for this: Python speaks of a signal that comes just as it begins to be ignored."""
    for number in (signal.SIGINT, *ENDING):
        signal.signal(number, _unheard)


def _unheard(_signal: int, _frame: FrameType | None) -> None:
    """It comes too late to change anything."""


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated
