"""The file of synonyms while a gateway runs: rules are added to it, and its changes are followed."""

import asyncio
import logging
from collections.abc import Iterable

from vitrine.errors import ConfigError
from vitrine.files.status import file_status
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.rewriting.settings import RewritingSettings, RulesSettings
from vitrine.rewriting.synonym_file import add_rule
from vitrine.saved_model.status import ApiError, invalid

_log = logging.getLogger(__name__)


class SynonymFile:
    """The file of the setting `rewriting.synonyms`, which gateways may share."""

    def __init__(self, settings: RewritingSettings) -> None:
        self.path = settings.synonyms if isinstance(settings, RulesSettings) else None
        self._status = file_status(self.path) if self.path else None

    async def add(self, words: str, replacement: str) -> None:
        """Add a rule; every gateway of the file follows it within `poll_seconds`.

        Raises:
            ApiError: NOT_FOUND without a file; INVALID_ARGUMENT for a rule that the file cannot have.
        """
        if self.path is None:
            raise ApiError("NOT_FOUND", "no file of synonyms is configured; set rewriting.synonyms, with kind: rules")
        try:
            await asyncio.to_thread(add_rule, self.path, words, replacement)
        except ConfigError as error:
            raise invalid(str(error)) from None

    async def follow(self, catalogues: Iterable[Catalogue]) -> None:
        """Give the catalogues new rewriters if the file has changed; with an invalid one, they keep those they have."""
        status = await asyncio.to_thread(file_status, self.path) if self.path else None
        if status == self._status:
            return
        self._status = status
        try:
            for catalogue in catalogues:
                await catalogue.renew_rewriter()
        except ConfigError as error:
            _log.warning("synonyms stay as they are: %s", error)
