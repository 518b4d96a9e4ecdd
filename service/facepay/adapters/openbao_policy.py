"""Read the OpenBao policy of the service's login, which ships with the package."""

from importlib.resources import files


def policy_text() -> str:
    """Return the policy as HCL, for an operator to write to OpenBao and for the embedded server."""
    return (files("facepay.adapters") / "openbao_policy.hcl").read_text(encoding="utf-8")
