"""Lets LocalStack, written for Python 3.13, run on Python 3.10 and later.

To be applied before LocalStack is imported.
"""

import _thread
import datetime
import enum
import http
import sys
import threading
import typing


def apply() -> None:
    if sys.version_info < (3, 13):
        threading.Lock = _Lock
    if sys.version_info < (3, 11):
        _apply_to_3_10()


class _Lock:
    """A class as in Python 3.13, where LocalStack's annotation `Lock | None` evaluates; earlier it is a function."""

    def __new__(cls) -> _thread.LockType:
        return _thread.allocate_lock()


def _apply_to_3_10() -> None:
    import typing_extensions

    class StrEnum(str, enum.Enum):
        __str__ = str.__str__
        __format__ = str.__format__

        @staticmethod
        def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
            return name.lower()

    class HTTPMethod(StrEnum):
        CONNECT = "CONNECT"
        DELETE = "DELETE"
        GET = "GET"
        HEAD = "HEAD"
        OPTIONS = "OPTIONS"
        PATCH = "PATCH"
        POST = "POST"
        PUT = "PUT"
        TRACE = "TRACE"

    enum.StrEnum = StrEnum
    http.HTTPMethod = HTTPMethod
    datetime.UTC = datetime.timezone.utc
    for name in ("NotRequired", "Required", "Self", "Unpack"):
        setattr(typing, name, getattr(typing_extensions, name))
