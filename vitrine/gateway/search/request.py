"""What a search is, apart from HTTP and from catalogues."""

from dataclasses import dataclass

from vitrine.gateway.schemas import Kind, Window
from vitrine.gateway.search.ranking import Question


@dataclass(frozen=True)
class Asker:
    """Who asks, and since when: a request's id, the user's id or nothing, and `time.perf_counter` at its start."""

    request_id: str
    user: str
    started: float


@dataclass(frozen=True)
class Search:
    """A question, and which part of its answer is wanted.

    Attributes:
        question: What is looked for.
        window: Which results.
        rewriting: Whether the query may be corrected.
        anyway: Whether to answer a query that seems to be no words.
    """

    question: Question
    window: Window
    rewriting: bool = True
    anyway: bool = False

    @property
    def kind(self) -> Kind:
        """What is asked with."""
        return self.question.kind
