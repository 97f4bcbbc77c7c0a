"""The journal: what was asked of paid vendors and what came of it, durable before it matters.

An intent is on disk before a submit, the vendor's job id before the first poll, the result before it is handed out.
So a process that dies loses nothing that was bought, and nobody has to buy it again. One SQLite file in write-ahead
mode, shared by any number of processes.
"""

from genblaze.journal.file import Journal, open_journal
from genblaze.journal.owners import is_alive, owner_of_this_process
from genblaze.journal.records import FINISHED, INTENT, SUBMITTED, UNCERTAIN, Entry, RunRecord
from genblaze.journal.shared import SharedJournal, open_shared

__all__ = [
    "FINISHED",
    "INTENT",
    "SUBMITTED",
    "UNCERTAIN",
    "Entry",
    "Journal",
    "RunRecord",
    "SharedJournal",
    "is_alive",
    "open_journal",
    "open_shared",
    "owner_of_this_process",
]
