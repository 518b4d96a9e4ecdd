"""Publish the keys that verify our signatures; this needs only the database."""

from facepay.usecases.dependencies import Dependencies


def read_key_set(deps: Dependencies) -> dict[str, list[dict[str, str]]]:
    """Return root keys, and node keys with their certificates, as a JWK Set (RFC 7517 5).

    All workers return the same set, because a key is stored before it signs.

    Raises StorageUnavailable.
    """
    now = deps.clock()
    with deps.unit_of_work() as uow:
        keys = uow.published_keys.find_all(after_id="")
    roots_first = sorted(keys, key=lambda key: key.certificate is not None)
    return {"keys": [key.as_member() for key in roots_first if key.is_published(now)]}
