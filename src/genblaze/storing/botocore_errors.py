"""What S3 and botocore say when something fails, in the terms of stores.

Only shapes are read (an error's class name, its `response`), so that nothing here imports botocore.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from genblaze.errors import StorageError
from genblaze.models.enums import StorageErrorCode

__all__ = ["RETRYABLE_STORAGE_CODES", "classify_botocore_error"]

Code = StorageErrorCode

RETRYABLE_STORAGE_CODES: Final = frozenset({Code.RATE_LIMIT, Code.NETWORK, Code.TIMEOUT, Code.SERVER_ERROR})
"""Failures after which the same call may work later."""

#: S3's error codes, where they say more than the HTTP status.
BY_S3_CODE: Final = {
    "NoSuchKey": Code.NOT_FOUND,
    "NoSuchBucket": Code.NOT_FOUND,
    "NoSuchUpload": Code.NOT_FOUND,
    "NoSuchVersion": Code.NOT_FOUND,
    "AccessDenied": Code.ACCESS_DENIED,
    "AllAccessDisabled": Code.ACCESS_DENIED,
    "ExpiredToken": Code.AUTH_FAILURE,
    "InvalidAccessKeyId": Code.AUTH_FAILURE,
    "InvalidToken": Code.AUTH_FAILURE,
    "RequestTimeTooSkewed": Code.AUTH_FAILURE,
    "SignatureDoesNotMatch": Code.AUTH_FAILURE,
    "AuthorizationHeaderMalformed": Code.REGION_REDIRECT,
    "IllegalLocationConstraintException": Code.REGION_REDIRECT,
    "PermanentRedirect": Code.REGION_REDIRECT,
    "TemporaryRedirect": Code.REGION_REDIRECT,
    "BandwidthLimitExceeded": Code.RATE_LIMIT,
    "RequestLimitExceeded": Code.RATE_LIMIT,
    "SlowDown": Code.RATE_LIMIT,
    "Throttling": Code.RATE_LIMIT,
    "ThrottlingException": Code.RATE_LIMIT,
    "TooManyRequests": Code.RATE_LIMIT,
    "RequestTimeout": Code.TIMEOUT,
    "BadDigest": Code.NETWORK,  # what arrived is not what was sent
    "ConditionalRequestConflict": Code.SERVER_ERROR,  # "try again", of two conditional writes at once
    "OperationAborted": Code.SERVER_ERROR,
    "InternalError": Code.SERVER_ERROR,
    "ServerSideEncryptionConfigurationNotFoundError": Code.ENCRYPTION_REQUIRED,
    "ObjectLockConfigurationNotFoundError": Code.OBJECT_LOCKED,
    "InvalidRetentionPeriod": Code.OBJECT_LOCKED,
}

BY_STATUS: Final = {
    301: Code.REGION_REDIRECT,
    307: Code.REGION_REDIRECT,
    400: Code.INVALID_INPUT,
    401: Code.AUTH_FAILURE,
    403: Code.ACCESS_DENIED,
    404: Code.NOT_FOUND,
    405: Code.INVALID_INPUT,
    408: Code.TIMEOUT,
    411: Code.INVALID_INPUT,
    413: Code.INVALID_INPUT,
    416: Code.INVALID_INPUT,
    429: Code.RATE_LIMIT,
    501: Code.INVALID_INPUT,
}

#: botocore's exceptions without an answer of the server, by the name of their class or of a parent.
BY_CLASS: Final = {
    "NoCredentialsError": Code.AUTH_FAILURE,
    "PartialCredentialsError": Code.AUTH_FAILURE,
    "CredentialRetrievalError": Code.AUTH_FAILURE,
    "TokenRetrievalError": Code.AUTH_FAILURE,
    "SSOError": Code.AUTH_FAILURE,
    "ProfileNotFound": Code.AUTH_FAILURE,
    "LoginError": Code.AUTH_FAILURE,
    "MetadataRetrievalError": Code.AUTH_FAILURE,
    "NoAuthTokenError": Code.AUTH_FAILURE,
    "RefreshWithMFAUnsupportedError": Code.AUTH_FAILURE,
    "UnknownCredentialError": Code.AUTH_FAILURE,
    "ConnectTimeoutError": Code.TIMEOUT,
    "ReadTimeoutError": Code.TIMEOUT,
    "ParamValidationError": Code.INVALID_INPUT,
    "ValidationError": Code.INVALID_INPUT,
    "BaseEndpointResolverError": Code.INVALID_INPUT,
    "EndpointProviderError": Code.INVALID_INPUT,
    "EndpointVariantError": Code.INVALID_INPUT,
    "InfiniteLoopConfigError": Code.INVALID_INPUT,
    "ServiceNotInRegionError": Code.INVALID_INPUT,
    "UnseekableStreamError": Code.INVALID_INPUT,
    "SSLError": Code.NETWORK,
    "HTTPClientError": Code.NETWORK,
    "ConnectionError": Code.NETWORK,
    "IncompleteReadError": Code.NETWORK,
    "ResponseStreamingError": Code.NETWORK,
    "ProtocolError": Code.NETWORK,
    "FlexibleChecksumError": Code.NETWORK,
    "ChecksumError": Code.NETWORK,
}

#: How the names of those begin that are about what was set up wrongly, where nothing above names them.
SETUP: Final = ("Config", "Invalid", "Missing", "NoRegion", "Unknown", "Unsupported")

#: Those whose text quotes the values that they refuse, of which a key for encryption may be one.
QUOTING: Final = frozenset({"ParamValidationError", "ValidationError"})

HINTS: Final = {
    Code.ACCESS_DENIED: "Check that the key may list, read and write here, the bucket's name and its region.",
    Code.AUTH_FAILURE: "Check the access key and its secret, and this machine's clock.",
    Code.REGION_REDIRECT: "The bucket is in another region: pass region=.",
    Code.RATE_LIMIT: "The store asks for fewer requests at a time.",
    Code.NETWORK: "Check the endpoint and the connection.",
    Code.OBJECT_LOCKED: "Object Lock forbids it, or the bucket has none.",
    Code.ENCRYPTION_REQUIRED: "Pass the encryption= it was written with.",
}

#: What helps against single errors, by their name, where what helps against all of their kind says too little.
BY_NAME: Final = {
    "NoCredentialsError": "Pass the key, or set B2_KEY_ID and B2_APP_KEY, elsewhere than at Backblaze AWS_ACCESS_KEY_ID"
    " and AWS_SECRET_ACCESS_KEY.",
    "NoSuchBucket": "Create the bucket, or check its name, the endpoint and the region.",
    "ObjectLockConfigurationNotFoundError": "Enable Object Lock for the bucket, or leave the retention out.",
}


def classify_botocore_error(exc: Exception, *, operation: str, key: str | None = None) -> StorageError:
    """The error of stores for an exception of botocore's; an error of stores stays what it is.

    Args:
        exc: What was raised.
        operation: What was being done, such as "put".
        key: The object it was done to.
    """
    cause = getattr(exc, "kwargs", {}).get("error") if not isinstance(exc, StorageError) else exc
    if isinstance(cause, StorageError):  # our own, raised while botocore read the body from us
        return cause
    response = getattr(exc, "response", None)
    if isinstance(response, dict) and "ResponseMetadata" in response:
        return _answered(response, operation, key)
    return _unanswered(exc, operation, key)


def _answered(response: dict[str, Any], operation: str, key: str | None) -> StorageError:
    """The server answered with an error."""
    error, metadata = response.get("Error", {}), response["ResponseMetadata"]
    name, message = str(error.get("Code", "")), str(error.get("Message", ""))
    status = metadata.get("HTTPStatusCode")
    headers = metadata.get("HTTPHeaders", {})
    code = _code_of(name, message, status)
    said = f"{name} ({status})" if name != str(status) else f"HTTP {status}"
    return StorageError(
        _text(operation, key, f"{said}: {message}" if message else said, BY_NAME.get(name) or HINTS.get(code)),
        error_code=code,
        request_id=metadata.get("RequestId"),
        status_code=status,
        retry_after=_seconds(headers.get("retry-after")),
        is_retriable=code in RETRYABLE_STORAGE_CODES,
        operation=operation,
    )


def _code_of(name: str, message: str, status: int | None) -> StorageErrorCode:
    lowered = message.lower()
    if "server side encryption" in lowered or "sse-c" in lowered:  # S3 has only InvalidRequest for a missing key
        return Code.ENCRYPTION_REQUIRED
    if status in (400, 403) and any(word in lowered for word in ("object lock", "worm", "retention", "legal hold")):
        return Code.OBJECT_LOCKED
    if name in BY_S3_CODE:
        return BY_S3_CODE[name]
    if status in BY_STATUS:
        return BY_STATUS[status]
    return Code.SERVER_ERROR if status is not None and status >= 500 else Code.UNKNOWN


def _unanswered(exc: Exception, operation: str, key: str | None) -> StorageError:
    """There was no answer, or no request."""
    names = {each.__name__ for each in type(exc).__mro__}
    wrongly_set_up = Code.INVALID_INPUT if type(exc).__name__.startswith(SETUP) else Code.UNKNOWN
    code = next((code for name, code in BY_CLASS.items() if name in names), wrongly_set_up)
    reason = type(exc).__name__ if names & QUOTING else str(exc)
    untrusted = "certificate" in reason.lower()
    return StorageError(
        _text(operation, key, reason, BY_NAME.get(type(exc).__name__) or HINTS.get(code)),
        error_code=code,
        is_retriable=code in RETRYABLE_STORAGE_CODES and not untrusted,
        operation=operation,
    )


def _text(operation: str, key: str | None, reason: str, hint: str | None) -> str:
    what = f"{operation} {key!r}" if key is not None else operation
    return f"S3: {what} failed: {reason.rstrip('.')}.{f' {hint}' if hint else ''}"


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After, which is a number of seconds or a date."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime

    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else None
