"""What a server's refusal means: the same few codes for every store."""

import pytest

from genblaze.models.enums import StorageErrorCode as Code
from genblaze.storing import classify_botocore_error


class Refusal(Exception):
    """As botocore raises it, without botocore."""

    def __init__(self, name, status, message="", headers=None):
        super().__init__(f"An error occurred ({name})")
        metadata = {"HTTPStatusCode": status, "HTTPHeaders": headers or {}, "RequestId": "r-1"}
        self.response = {"Error": {"Code": name, "Message": message}, "ResponseMetadata": metadata}


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal("NoSuchKey", 404), Code.NOT_FOUND),
        (Refusal("404", 404), Code.NOT_FOUND),
        (Refusal("AccessDenied", 403), Code.ACCESS_DENIED),
        (Refusal("403", 403), Code.ACCESS_DENIED),
        (Refusal("AccessDenied", 403, "Access Denied because object protected by object lock."), Code.OBJECT_LOCKED),
        (Refusal("InvalidRequest", 400, "Bucket is missing Object Lock Configuration"), Code.OBJECT_LOCKED),
        (Refusal("InvalidRequest", 400, "It was stored with Server Side Encryption."), Code.ENCRYPTION_REQUIRED),
        (Refusal("InvalidAccessKeyId", 403), Code.AUTH_FAILURE),
        (Refusal("PermanentRedirect", 301), Code.REGION_REDIRECT),
        (Refusal("SlowDown", 503), Code.RATE_LIMIT),
        (Refusal("Unheard", 500), Code.SERVER_ERROR),
        (Refusal("Unheard", 400), Code.INVALID_INPUT),
    ],
    ids=lambda each: (
        f"{each.response['Error']['Code']}-{each.response['ResponseMetadata']['HTTPStatusCode']}"
        if isinstance(each, Refusal)
        else str(each)
    ),
)
def test_each_refusal_has_its_code(refusal, code):
    assert classify_botocore_error(refusal, operation="put", key="k").error_code is code


@pytest.mark.parametrize(
    ("refusal", "help_"),
    [
        (Refusal("NoSuchBucket", 404), "Create the bucket"),
        (Refusal("AccessDenied", 403), "may list, read and write"),
        (Refusal("ObjectLockConfigurationNotFoundError", 404), "Enable Object Lock for the bucket"),
        (type("NoCredentialsError", (Exception,), {})("none"), "set B2_KEY_ID and B2_APP_KEY"),
    ],
    ids=["bucket", "rights", "lock", "credentials"],
)
def test_an_error_says_what_to_do(refusal, help_):
    assert help_ in str(classify_botocore_error(refusal, operation="put", key="k"))


def test_a_failed_condition_is_no_fault_of_the_input():
    error = classify_botocore_error(Refusal("PreconditionFailed", 412), operation="put", key="k")
    assert (error.status_code, error.is_retriable) == (412, False)
    assert error.error_code is not Code.INVALID_INPUT


def test_what_may_be_tried_again_says_when():
    error = classify_botocore_error(Refusal("SlowDown", 503, headers={"retry-after": "7"}), operation="put", key="k")
    assert (error.is_retriable, error.retry_after, error.request_id) == (True, 7.0, "r-1")
