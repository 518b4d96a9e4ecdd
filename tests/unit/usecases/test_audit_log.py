"""Anybody can verify the published log from its first leaf to its signed end."""

from facepay.domain.audit import GENESIS, Head, verify_chain
from facepay.usecases.records.audit_log import append_leaf, read_leaves
from facepay.usecases.records.checkpoints import read_checkpoint
from tests.fakes.dependencies import fake_dependencies, memory_database


def test_the_log_of_a_new_service_begins_with_leaf_1_and_verifies() -> None:
    with memory_database() as database:
        fakes = fake_dependencies(database)
        with fakes.deps.unit_of_work() as uow:
            written = [append_leaf(fakes.deps, uow, "face.revoked", number=n) for n in range(3)]
            uow.commit()
        assert [leaf.seq for leaf in read_leaves(fakes.deps, after=0)] == [1, 2, 3]
        end = verify_chain(written, start=Head("log", 0, GENESIS))
        read_checkpoint(fakes.deps)
    (signed,) = fakes.root.signed
    assert (signed["size"], signed["hash"]) == (end.size, end.hash) == (3, written[-1].hash)
