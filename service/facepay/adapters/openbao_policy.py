"""The OpenBao policy that the service's login needs, as it ships with the package."""

from importlib.resources import files


def policy_text() -> str:
    """Return the policy as HCL: what an operator writes to OpenBao, and what the demo uses."""
    return (files("facepay.adapters") / "openbao_policy.hcl").read_text(encoding="utf-8")
