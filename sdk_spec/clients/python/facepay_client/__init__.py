"""The reference client of facepay, in small typed modules that follow sdk_spec/protocol.md.

It shares no code with the service. `__all__` lists the public names; all others can change.
"""

from facepay_client.answers import (
    Capture,
    Challenge,
    Consent,
    Enrolment,
    ErrorEntry,
    FaceUse,
    Factor,
    FramesAccepted,
    Intent,
    Leaf,
    Notice,
    OperatorAction,
    PasswordChanged,
    RecoveryCodes,
    Registered,
    ReservedCapture,
    WebhookEndpoint,
)
from facepay_client.capture import CaptureBody, Frame, build_body
from facepay_client.confirm import sign_confirmation, sign_request_confirmation
from facepay_client.credentials import Credentials
from facepay_client.customer import Customer
from facepay_client.device import Device, Evidence, Health
from facepay_client.devices import RegisteredDevice
from facepay_client.errors import (
    FacepayError,
    LogNotExtended,
    Problem,
    ProblemDetails,
    Unreachable,
    UnreadableAnswer,
    VerificationFailed,
)
from facepay_client.kept_checkpoint import KeptCheckpoint
from facepay_client.keys import KeyPair
from facepay_client.merchant import Merchant, RegisteredTerminal
from facepay_client.operator import Operator, Suspension
from facepay_client.published import Published
from facepay_client.receipts import DeletionReceipt, verify_deletion_receipt
from facepay_client.signing import sign
from facepay_client.terminal import Terminal
from facepay_client.transport import Request, RetryPolicy, Transport, fresh_key, parse_answer
from facepay_client.verify import (
    Authorization,
    FetchedLog,
    VerifiedLog,
    fetch_log,
    leaf_hash,
    verify_authorization,
    verify_log,
)

__all__ = [
    "Authorization",
    "Capture",
    "CaptureBody",
    "Challenge",
    "Consent",
    "Credentials",
    "Customer",
    "DeletionReceipt",
    "Device",
    "Enrolment",
    "ErrorEntry",
    "Evidence",
    "FaceUse",
    "FacepayError",
    "Factor",
    "FetchedLog",
    "Frame",
    "FramesAccepted",
    "Health",
    "Intent",
    "KeptCheckpoint",
    "KeyPair",
    "Leaf",
    "LogNotExtended",
    "Merchant",
    "Notice",
    "Operator",
    "OperatorAction",
    "PasswordChanged",
    "Problem",
    "ProblemDetails",
    "Published",
    "RecoveryCodes",
    "Registered",
    "RegisteredDevice",
    "RegisteredTerminal",
    "Request",
    "ReservedCapture",
    "RetryPolicy",
    "Suspension",
    "Terminal",
    "Transport",
    "Unreachable",
    "UnreadableAnswer",
    "VerificationFailed",
    "VerifiedLog",
    "WebhookEndpoint",
    "build_body",
    "fetch_log",
    "fresh_key",
    "leaf_hash",
    "parse_answer",
    "sign",
    "sign_confirmation",
    "sign_request_confirmation",
    "verify_authorization",
    "verify_deletion_receipt",
    "verify_log",
]
