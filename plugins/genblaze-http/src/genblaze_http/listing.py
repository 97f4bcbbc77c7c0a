"""What a vendor lists: its models, for `discover_models()`, and an account's jobs, where a lost one is found."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from time import monotonic, time
from typing import TYPE_CHECKING, Any, ClassVar

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode
from genblaze.providers.discovery import DEFAULT_TTL_SECONDS, DiscoveryResult, DiscoverySupport
from genblaze.sync import run_sync

if TYPE_CHECKING:
    from genblaze_http.client import VendorClient
    from genblaze_http.work import Work

#: Seconds by which a vendor's clock may lag behind ours.
_SKEW_SEC = 60.0
#: Seconds that a job of an earlier process is looked for: vendors keep none for longer.
_KEPT_SEC = 86400.0
_MOST_PAGES = 100


class ListsModels:
    """A provider, by inheritance beside `SingleCallProvider` or `PolledProvider`, whose vendor lists its models.

    Written for a list in OpenAI's form; for another, override `names_of` and `next_page`.

    Attributes:
        models_path: Where the list is, below the base URL.
        shutdowns: The days on which models end, as the vendor's list said when it was asked last.
    """

    # Such lists leave out names that work (snapshots, aliases, the user's own tunings): no reason to refuse a model.
    discovery_support: ClassVar[DiscoverySupport] = DiscoverySupport.PARTIAL
    models_path: ClassVar[str] = "/models"
    shutdowns: Mapping[str, date] = {}
    _listed: DiscoveryResult | None = None

    if TYPE_CHECKING:

        @property
        def client(self) -> VendorClient:
            """The provider's own."""

    def names_of(self, page: Any) -> Iterator[str]:
        """The names of the models of one page."""
        return (str(model["id"]) for model in page["data"])

    def shutdowns_of(self, page: Any) -> Mapping[str, date]:
        """The days on which models of one page end, where the list says so (`shutdown_date`, as OpenAI writes it)."""
        models = page["data"] if isinstance(page, dict) and "data" in page else ()
        return {str(model["id"]): date.fromisoformat(model["shutdown_date"]) for model in models if _ends(model)}

    def next_page(self, page: Any) -> Mapping[str, Any] | None:  # noqa: ARG002 - OpenAI has one page only
        """The query that asks for the page after this one, or None after the last."""
        return None

    def discover_models(self, *, max_age_seconds: float | None = DEFAULT_TTL_SECONDS) -> DiscoveryResult:
        """Ask the vendor for its list of models; a failure is told, not raised.

        Args:
            max_age_seconds: How old a list kept from an earlier call may be; None for any age, 0 asks again.
        """
        kept = self._listed
        if kept is not None and kept.fetched_at is not None:
            age = monotonic() - kept.fetched_at
            if max_age_seconds is None or age < max_age_seconds:
                return kept
        url = self.client.shown_url + self.models_path
        try:
            names = run_sync(self._all_names)
        except (ProviderError, LookupError, TypeError, ValueError, AttributeError) as error:
            return DiscoveryResult.failed(f"{type(error).__name__}: {error}", source_url=url)
        self._listed = DiscoveryResult.ok(names, source_url=url)
        return self._listed

    async def _all_names(self) -> set[str]:
        names: set[str] = set()
        days: dict[str, date] = {}
        query: Mapping[str, Any] | None = None
        for _ in range(_MOST_PAGES):
            page = (await self.client.call("GET", self.models_path, query=query)).json
            names.update(self.names_of(page))
            days.update(self.shutdowns_of(page))
            query = self.next_page(page)
            if query is None:
                break
        self.shutdowns = days
        return names


class FindsJobs:
    """A provider, by inheritance beside `PolledProvider`, whose vendor lists an account's jobs.

    A submit whose answer got lost is looked up there, so that nothing is bought twice.
    """

    if TYPE_CHECKING:
        taken: set[str]

    @abstractmethod
    def listed(self, work: Work, since: float) -> AsyncIterator[tuple[str, bool | None]]:
        """The account's jobs since a time in seconds since the epoch, the newest first.

        Yields:
            The id of each, and whether it may come from this request; None where nobody can tell any more.
        """

    async def search(self, work: Work) -> str | None:
        """The job of a submit whose answer got lost: of the same request, since then, and nobody else's.

        Raises:
            ProviderError: There is only one that nobody can tell about.
        """
        doubtful = None
        async for job_id, same in self.listed(work, _since(work)):
            if job_id in self.taken:
                continue
            if same:
                self.taken.add(job_id)
                return job_id
            doubtful = job_id if same is None else doubtful
        if doubtful is None:
            return None
        msg = f"{work.vendor.name} does not tell any more what {doubtful} was asked for, so it may be this one"
        raise ProviderError(msg, error_code=ProviderErrorCode.UNKNOWN, uncertain=True)


def _ends(model: Any) -> bool:
    return isinstance(model, dict) and isinstance(model.get("shutdown_date"), str)


def _since(work: Work) -> float:
    """When the lost submit was sent at the earliest."""
    return time() - _KEPT_SEC if work.begun is None else work.begun - _SKEW_SEC


def may_be(told: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a listed job may come from a request; fields that the vendor does not repeat tell nothing."""
    return all(told.get(name) is None or _same(told[name], value) for name, value in wanted.items())


def _same(told: Any, wanted: Any) -> bool:
    """Equal, also where a form made text of a number."""
    return bool(told == wanted or str(told) == str(wanted))
