"""Uploads: files of a multipart body go to the spool as they come in, never into memory."""

import errno
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from tonearm.domain.errors import InvalidInputError, UnavailableError
from tonearm.domain.text import clean
from tonearm.web.bodies import allow_body
from tonearm.web.services import Services

FIELD = "files"
MOST_FILES = 1_000
_LONGEST_NAME = 200
_LONGEST_HEADER = 8_192
_WRITE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """Files on the spool: the file called "0" has the first name, and so on."""

    spool: Path
    names: tuple[str, ...]


async def receive_upload(request: Request, services: Services) -> Upload:
    """Stream the parts named `files` of a multipart request to a fresh spool folder.

    When anything goes wrong, nothing stays on the disk.

    Raises:
        InvalidInputError: it is no multipart body, has no file, or was cut off.
        BodyTooLargeError: it is larger than the cap.
        UnavailableError: the disk is full or cannot be written.
    """
    boundary = _boundary(request.headers.get("content-type", ""))
    allow_body(request, services.upload_bytes)
    spool = await run_in_threadpool(services.imports.create_spool)
    try:
        return await _receive(request.stream(), boundary, spool)
    except BaseException as error:
        # Also when the server stops or the caller hangs up: nobody else knows of this folder.
        shutil.rmtree(spool, ignore_errors=True)
        if isinstance(error, ClientDisconnect):
            raise _cut_off() from error
        if isinstance(error, FormParserError):
            raise _not_multipart() from error
        if isinstance(error, OSError):
            raise UnavailableError(_disk_reason(error)) from error
        raise


async def _receive(stream: AsyncIterator[bytes], boundary: bytes, spool: Path) -> Upload:
    parts = _Parts(spool)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.header_name,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header_end,
                "on_headers_finished": parts.open,
                "on_part_data": parts.data,
                "on_part_end": parts.close,
                "on_end": parts.end,
            },
        )
        pending = bytearray()
        async for chunk in stream:
            pending += chunk
            # A thread for every 64 KB would cost more than the writing.
            if len(pending) >= _WRITE_BYTES:
                await run_in_threadpool(parser.write, bytes(pending))
                pending.clear()
        await run_in_threadpool(_finish, parser, bytes(pending))
    finally:
        parts.close()
    if not parts.is_complete:
        raise _cut_off()
    if not parts.names:
        raise InvalidInputError(
            f"No file was sent. Send at least one as `{FIELD}`.", parameter=FIELD
        )
    return Upload(spool, tuple(parts.names))


def _finish(parser: MultipartParser, rest: bytes) -> None:
    parser.write(rest)
    parser.finalize()


@dataclass
class _Parts:
    """What the parser calls, in worker threads, one call at a time."""

    spool: Path
    names: list[str] = field(default_factory=list)
    is_complete: bool = False
    _file: BinaryIO | None = None
    _name: bytes = b""
    _value: bytes = b""
    _disposition: bytes = b""

    def begin(self) -> None:
        self._name = self._value = self._disposition = b""

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name = _grown(self._name, data[start:end])

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value = _grown(self._value, data[start:end])

    def header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def open(self) -> None:
        field_name, file_name = _disposition_names(self._disposition)
        if field_name != FIELD or file_name is None:
            raise InvalidInputError(
                f"Every part of the upload must be a file named `{FIELD}`.", parameter=FIELD
            )
        if len(self.names) == MOST_FILES:
            raise InvalidInputError(
                f"One import takes at most {MOST_FILES:,} files.", parameter=FIELD
            )
        self._file = (self.spool / str(len(self.names))).open("xb")
        self.names.append(_shown_name(file_name))

    def data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def end(self) -> None:
        self.is_complete = True


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary")
    if message.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise _not_multipart()
    return boundary.encode("latin-1", "replace")


def _disposition_names(header: bytes) -> tuple[str | None, str | None]:
    message = Message()
    message["content-disposition"] = header.decode("utf-8", "replace")
    values: Callable[[str], object] = lambda name: message.get_param(  # noqa: E731 - typed once for both
        name, header="content-disposition"
    )
    return _text(values("name")), _text(values("filename"))


def _text(value: object) -> str | None:
    if isinstance(value, tuple):  # RFC 2231: charset, language, text
        value = value[2]
    return value if isinstance(value, str) else None


def _shown_name(name: str) -> str:
    # Browsers send a quotation mark in a name as %22.
    last = name.replace("%22", '"').replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in clean(last) or "" if character.isprintable())
    return shown[:_LONGEST_NAME] or "file"


def _grown(text: bytes, more: bytes) -> bytes:
    if len(text) + len(more) > _LONGEST_HEADER:
        raise _not_multipart()
    return text + more


def _not_multipart() -> InvalidInputError:
    return InvalidInputError(
        f"The body must be multipart/form-data with one or more files named `{FIELD}`.",
        parameter=FIELD,
    )


def _cut_off() -> InvalidInputError:
    return InvalidInputError(
        "The upload was cut off before its end. Nothing was kept; send it again.", parameter=FIELD
    )


def _disk_reason(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "The disk is full. Free some space and send the upload again; nothing was kept."
    return "The upload cannot be stored. Check the spool folder's permissions and send it again."
