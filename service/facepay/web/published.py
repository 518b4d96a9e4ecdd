"""Public resources, readable without a key: signing keys, audit log, error registry, health."""

from typing import Any

from flask_smorest import Blueprint

from facepay.domain.errors import NotFound
from facepay.usecases.records.audit_log import read_leaves
from facepay.usecases.records.checkpoints import read_checkpoint
from facepay.usecases.records.key_set import read_key_set
from facepay.web.access import deps, public
from facepay.web.problem_table import PROBLEMS
from facepay.web.schemas import published as shapes

published = Blueprint("published", __name__, description=__doc__)


@published.get("/.well-known/jwks.json")
@published.response(200, shapes.Jwks)
@public
def read_jwks() -> dict[str, Any]:
    """Read the root keys, and the node keys with their certificates, as a JWK Set (RFC 7517)."""
    return dict(read_key_set(deps()))


@published.get("/v1/log/leaves")
@published.arguments(shapes.LeavesPage, location="query")
@published.response(200, shapes.Leaves)
@public
def get_leaves(page: dict[str, Any]) -> dict[str, Any]:
    """Read the audit log in pages of 500 leaves: hashes and salted commitments, no names."""
    return {"leaves": read_leaves(deps(), after=page["after"])}


@published.get("/v1/log/checkpoint")
@published.response(200, shapes.Checkpoint)
@public
def get_checkpoint() -> dict[str, str]:
    """Read the last signed checkpoint of the audit log: its size and last hash."""
    return {"checkpoint": read_checkpoint(deps())}


@published.get("/v1/errors/<code>")
@published.response(200, shapes.ErrorEntry)
@public
def get_error(code: str) -> Any:
    """Read what an error code means and what to do next."""
    if code not in PROBLEMS:
        raise NotFound()
    return PROBLEMS[code]


@published.get("/v1/health")
@published.response(200, shapes.Health)
@public
def get_health() -> dict[str, str]:
    """Report that this worker takes requests, and whether the audit log is what was signed."""
    refused = deps().log_memory.refused_at is not None
    return {"status": "ok", "log": "inconsistent" if refused else "consistent"}
