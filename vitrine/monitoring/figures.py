"""The lists of queries and words. Imports nothing heavy."""

from pydantic import BaseModel


class QueryFigures(BaseModel):
    """The counts of one query; `users` counts each user once."""

    query: str
    searches: int
    users: int
    no_result: int
    clicked: int
    rewritten: int
    junk: int


class Rising(BaseModel):
    """A query or a word whose share of users rose; p-values by itself, and corrected for the number of names."""

    name: str
    users: int
    users_before: int
    ratio: float
    p_value: float
    p_corrected: float


class WordFigures(BaseModel):
    """A word, with the number of users who searched for it."""

    word: str
    users: int


class Lists(BaseModel):
    """Lists for people, the most important first.

    Attributes:
        top: The queries of most users.
        rising: The queries whose share of users rose.
        rising_words: The words whose share of users rose.
        no_result: The queries without results.
        no_click: Queries with results that were clicked in fewer searches than chance explains.
        unknown_words: The words that the served catalogue lacks.
    """

    top: list[QueryFigures]
    rising: list[Rising]
    rising_words: list[Rising]
    no_result: list[QueryFigures]
    no_click: list[QueryFigures]
    unknown_words: list[WordFigures]
