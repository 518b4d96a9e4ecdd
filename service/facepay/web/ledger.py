"""The customer's ledger: where, when and how the face was used, and what was unusual about it."""

from typing import Any

from flask_smorest import Blueprint

from facepay.domain.customer import Role
from facepay.usecases.records.activity import read_ledger
from facepay.web.access import caller, deps, signed_by
from facepay.web.schemas import ledger as shapes

ledger = Blueprint("ledger", __name__, url_prefix="/v1/ledger", description=__doc__)


@ledger.get("")
@ledger.arguments(shapes.Before, location="query")
@ledger.response(200, shapes.Ledger)
@signed_by(Role.CUSTOMER)
def get_ledger(page: dict[str, Any]) -> dict[str, Any]:
    """Every use of the caller's face, failed ones too, newest first, in pages of 50"""
    return {"uses": read_ledger(deps(), caller().subject_id, before=page["before"])}
