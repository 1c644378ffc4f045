"""Signing programs that a run keeps open: each holds the key in its own memory, takes files through a pipe and may die alone."""

import json
import subprocess
import sys
from pathlib import Path
from queue import Queue
from typing import IO, Any, Self

_PROGRAM = Path(__file__).with_name("signing_program.py")


class KeyRefused(Exception):
    """The key could not be opened; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Program:
    """One process of signing_program.py with its key open. Raises KeyRefused."""

    def __init__(self, key: dict[str, Any]) -> None:
        self._process: subprocess.Popen[str] = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        answer = self.ask(key)
        if "error" in answer:
            self.close()
            raise KeyRefused(answer["error"])

    def ask(self, line: dict[str, Any]) -> dict[str, str]:
        """Send one line and wait for its answer; a process that died answers `died`."""
        pipe_in: IO[str] = self._process.stdin  # type: ignore[assignment]  # opened above
        pipe_out: IO[str] = self._process.stdout  # type: ignore[assignment]
        try:
            pipe_in.write(json.dumps(line) + "\n")
            pipe_in.flush()
            answer: dict[str, str] = json.loads(pipe_out.readline())
        except (OSError, ValueError):
            return {"error": "died"}
        return answer

    def close(self) -> None:
        """End the process; the key goes with it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        self._process.wait()


class Pool:
    """Several programs with the same key. The first is opened alone, so that a wrong PIN is tried once and locks no token."""

    def __init__(self, key: dict[str, Any], *, width: int) -> None:
        self._key = key
        self._width = width
        self._free: Queue[Program] = Queue()
        self._all: list[Program] = []

    def __enter__(self) -> Self:
        try:
            for _each in range(self._width):
                self._put(Program(self._key))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for each in self._all:
            each.close()
        self._key["pin"] = ""

    def sign(self, line: dict[str, Any]) -> dict[str, str]:
        """Have one file signed by whichever program is free. A program that a file killed is replaced."""
        program = self._free.get()
        answer = program.ask(line)
        if answer.get("error") == "died":
            program.close()
            self._all.remove(program)
            program = Program(self._key)
            self._all.append(program)
        self._free.put(program)
        return answer

    def _put(self, program: Program) -> None:
        self._all.append(program)
        self._free.put(program)
