"""The reader of a picture list reports all wrong lines at once."""

from pathlib import Path

import pytest

from facepay.adapters.picture_list import ListError, read_groups, read_pictures


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    for name in ("ann/1.jpg", "ann/2.jpg", "bob/1.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def listing(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "list.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_rows_are_read_in_their_order_with_their_lines(tmp_path: Path, pictures: Path) -> None:
    text = "\ufefffile , person,remark\n\nbob/1.jpg,bob,\n ann/1.jpg , ann ,good\n"
    found = read_pictures(listing(tmp_path, text), pictures)
    assert [(one.person, one.file.name, one.line) for one in found] == [
        ("bob", "1.jpg", 3),
        ("ann", "1.jpg", 4),
    ]


def test_every_bad_row_is_named(tmp_path: Path, pictures: Path) -> None:
    (tmp_path / "secret.jpg").touch()
    text = (
        "person,file\nann,ann/1.jpg\n,ann/2.jpg\nbob,\nbob,bob/9.jpg\n"
        "ann,../secret.jpg\nbob,./ann/1.jpg\nann,ann\n"
    )
    with pytest.raises(ListError) as caught:
        read_pictures(listing(tmp_path, text), pictures)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        f"line {number}" for number in (3, 4, 5, 6, 7, 8)
    ]
    assert "outside" in caught.value.problems[3]
    assert "already, in line 2" in caught.value.problems[4]


def test_an_impossible_file_name_is_a_bad_row(tmp_path: Path, pictures: Path) -> None:
    (pictures / "round").symlink_to("round")
    with pytest.raises(ListError) as caught:
        read_pictures(listing(tmp_path, "person,file\nann,a\0b\nann,round\n"), pictures)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["line 2", "line 3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "columns"),
        ("person,picture\nann,ann/1.jpg\n", "columns"),
        ("person,file,file\nann,ann/1.jpg,x\n", "columns"),
        ("person,file\n", "no pictures"),
        ("person,file\nann\n", "line 2"),
        ('person,file\n"ann,ann/1.jpg\n', "line 2"),
    ],
)
def test_a_file_that_is_no_list_is_reported(
    tmp_path: Path, pictures: Path, text: str, message: str
) -> None:
    with pytest.raises(ListError, match=message):
        read_pictures(listing(tmp_path, text), pictures)


def test_a_list_in_another_encoding_is_reported(tmp_path: Path, pictures: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(b"person,file\nJos\xe9,ann/1.jpg\n")
    with pytest.raises(ListError, match="UTF-8"):
        read_pictures(file, pictures)


def test_groups_of_people_are_optional(tmp_path: Path) -> None:
    file = listing(tmp_path, "person,gender,age\nann,female,30 to 39\nbob,male,\n")
    assert read_groups(file) == {
        "ann": {"gender": "female", "age": "30 to 39"},
        "bob": {"gender": "male"},
    }


def test_a_person_listed_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="line 3: ann is listed already; line 4: give a person"):
        read_groups(listing(tmp_path, "person,gender\nann,f\nann,m\n,m\n"))
