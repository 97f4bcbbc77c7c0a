"""URLs of assets without the credentials that vendors put into them."""

from urllib.parse import quote, unquote, urlsplit, urlunsplit

__all__ = ["shown_url", "strip_asset_url_credentials"]

_PREFIXES = ("x-amz-", "x-goog-", "x-bz-", "response-")
_NAMES = frozenset(
    {
        "access_token",
        "authorization",
        "awsaccesskeyid",
        "expires",
        "expires_in",
        "expiry",
        "key-pair-id",
        "x-id",
    }
)
# Names that are credentials as well, but stay in the form that is hashed.
_SHOWN_NEVER = frozenset(
    {"api-key", "api_key", "apikey", "auth", "key-pair-id", "password", "secret", "sig", "signature", "token"}
)
# Azure's shared access signature: any of the first six gives it away, then all of them are credentials.
_SAS_MARKS = frozenset({"sv", "se", "sp", "sr", "ss", "srt"})
_SAS = _SAS_MARKS.union(
    ("sig", "st", "spr", "sip", "si", "sdd", "skoid", "sktid", "skt", "ske", "sks", "skv"),
    ("saoid", "suoid", "scid", "ses", "rscc", "rscd", "rsce", "rscl", "rsct"),
)
# Names that are credentials only beside another one: CloudFront, Google, S3 version 2.
_COMPANIONS = (
    ("key-pair-id", frozenset({"policy", "signature"})),
    ("googleaccessid", frozenset({"googleaccessid", "signature"})),
    ("awsaccesskeyid", frozenset({"signature"})),
)


def strip_asset_url_credentials(url: str) -> str:
    """Bring a URL into a form that says where the content is and nothing about who may read it.

    Scheme and host become lowercase; user, password and fragment go; of the query only what is no credential
    stays, sorted. Schema 1.6 hashes this form for assets that have no digest.
    """
    return _stripped(url, frozenset())


def shown_url(url: str) -> str:
    """A URL as it may be written down: as it is, unless it carries credentials; then without them."""
    if url.startswith("data:") or not ("@" in url or "?" in url):
        return url
    try:
        parts = urlsplit(url)
        carries = "@" in parts.netloc
    except ValueError:
        carries = True
    else:
        names = {name.lower() for name, _, _ in _pairs(parts.query)}
        carries = carries or bool(_secret_names(names) | names & _SHOWN_NEVER)
    return _stripped(url, _SHOWN_NEVER) if carries else url


def _stripped(url: str, also: frozenset[str]) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # brackets or port make no sense: keep nothing that may be secret
        return url.partition("?")[0].partition("#")[0].rpartition("@")[2]
    if ":" in host:
        host = f"[{host}]"
    location = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), location, parts.path, _stripped_query(parts.query, also), ""))


def _pairs(query: str) -> list[tuple[str, bool, str]]:
    return [
        (unquote(name), bool(mark), unquote(value))
        for name, mark, value in (part.partition("=") for part in query.split("&") if part)
    ]


def _stripped_query(query: str, also: frozenset[str]) -> str:
    pairs = _pairs(query)
    secret = also | _secret_names({name.lower() for name, _, _ in pairs})
    kept = sorted(pair for pair in pairs if pair[0].lower() not in secret)
    return "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" if has_value else quote(name, safe="")
        for name, has_value, value in kept
    )


def _secret_names(names: set[str]) -> set[str]:
    secret = {name for name in names if name in _NAMES or name.startswith(_PREFIXES)}
    if not names.isdisjoint(_SAS_MARKS):
        secret |= _SAS
    for mark, companions in _COMPANIONS:
        if mark in names:
            secret |= companions
    return secret
