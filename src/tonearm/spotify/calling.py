"""How one link's calls are made: rights, pace, token, repeats, and what comes of it."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

import stamina

from tonearm.ops.metrics import UNCOUNTED, Metrics
from tonearm.spotify.asking import Ask
from tonearm.spotify.messages import FaultError, Reply, Request
from tonearm.spotify.pacing import LONGEST_SLEEP, Pacer, Purpose, blocked
from tonearm.spotify.reading import is_json
from tonearm.spotify.refusals import missing_scope, refusal, wait_of

if TYPE_CHECKING:
    from tonearm.spotify.operation import Operation, Scope
    from tonearm.spotify.tokens import TokenSource
    from tonearm.spotify.transport import Transport

_ATTEMPTS: Final = 3
_OK, _NO_CONTENT, _MULTIPLE_CHOICES = 200, 204, 300
_UNAUTHORIZED, _TOO_MANY, _SERVER_FAULT = 401, 429, 500


class Caller:
    """Makes the calls of one link for one purpose."""

    def __init__(
        self,
        transport: Transport,
        pacer: Pacer,
        tokens: TokenSource,
        purpose: Purpose,
        metrics: Metrics = UNCOUNTED,
    ) -> None:
        self._transport = transport
        self._pacer = pacer
        self._tokens = tokens
        self._purpose = purpose
        self._metrics = metrics

    def about(self, operation: Operation) -> Ask:
        """Prepare to ask for an operation; raises SpotifyRefusedError if the listener has not granted it."""
        for group in operation.needs:
            self.check_scope(group)
        return Ask(self, operation)

    def check_scope(self, group: frozenset[Scope]) -> None:
        """Raise SpotifyRefusedError if the listener has granted none of some scopes."""
        if not group & self._tokens.scopes:
            raise missing_scope(group)

    def exchange(self, request: Request) -> bytes:
        """Make a call, and give what Spotify answers.

        Raises:
            SpotifyError: there is no good answer; which one says what can be done.
        """
        token = self._tokens.access_token()
        reply = self._persist(request, token)
        if reply.status == _UNAUTHORIZED:
            reply = self._persist(request, self._tokens.renewed(token))
        if not _OK <= reply.status < _MULTIPLE_CHOICES:
            raise refusal(request.operation, reply)
        return reply.body

    def _persist(self, request: Request, token: str) -> Reply:
        """Send a request, again after a fault that passes if that can do no harm."""

        def may_repeat(error: Exception) -> bool:
            return isinstance(error, FaultError) and (
                request.operation.is_repeatable or not error.may_be_done
            )

        # Not as a decorator: it would log arguments, of which one is the token.
        for attempt in stamina.retry_context(
            on=may_repeat,
            attempts=_ATTEMPTS,
            timeout=2 * self._transport.patience,
            wait_initial=0.2,
            wait_max=1.0,
            wait_jitter=0.2,
        ):
            with attempt:
                return self._send(request, token)
        raise RuntimeError("the last attempt gives or raises")

    def _send(self, request: Request, token: str) -> Reply:
        """Send a request at its pace, again after a short wait if Spotify asks for one."""
        client_id = self._tokens.client_id
        has_waited = False
        while True:
            self._pacer.admit(client_id, self._purpose)
            reply = self._try(request, token)
            if reply.status != _TOO_MANY:
                return reply
            wait, reason = wait_of(reply)
            if has_waited or wait > LONGEST_SLEEP:
                raise blocked(reason, self._pacer.block(client_id, wait, reason))
            self._pacer.pause(wait)
            has_waited = True

    def _try(self, request: Request, token: str) -> Reply:
        """Send a request once; of a call that must not be made twice, a fault says that it may be done."""
        try:
            reply = self._measured(request, token)
            _check(request, reply)
        except FaultError as fault:
            if request.operation.is_repeatable or not fault.may_be_done:
                raise
            raise FaultError(
                f"{fault.message} Whether it was done is not known: look before doing it again."
            ) from None
        return reply

    def _measured(self, request: Request, token: str) -> Reply:
        began, status = perf_counter(), None
        try:
            reply = self._transport.send(request, token)
            status = reply.status
        finally:
            self._metrics.spotify_called(self._purpose.value, status, perf_counter() - began)
        return reply


def _check(request: Request, reply: Reply) -> None:
    """Raise FaultError for an answer that would be another one a moment later."""
    if reply.status >= _SERVER_FAULT:
        raise FaultError(
            f"Spotify has trouble of its own (status {reply.status}). It passes by itself; try again in a "
            "few minutes."
        )
    is_good = _OK <= reply.status < _MULTIPLE_CHOICES
    has_document = request.is_answered and reply.status != _NO_CONTENT
    if is_good and has_document and not is_json(reply.body):
        raise FaultError("Spotify's answer was garbled. Try again in a minute.")
