"""The acoustic model file read back byte by byte by a second, independent reader."""

import struct
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="the training extra is not installed")
for _library in ("torch", "soundfile", "scipy"):
    pytest.importorskip(_library, reason="the training extra is not installed")

from voice_models.training.kaldi_format import Affine, write_acoustic_model, write_statistics  # noqa: E402


class Reader:
    """Reads Kaldi's binary in order, insisting on every token."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def token(self, name: str) -> None:
        assert self.take(len(name) + 1) == f"{name} ".encode()

    def integer(self) -> int:
        assert self.take(1) == b"\x04"
        return int(struct.unpack("<i", self.take(4))[0])

    def floats(self) -> list[float]:
        assert self.take(3) == b"FV "
        count = self.integer()
        return list(struct.unpack(f"<{count}f", self.take(4 * count)))

    def matrix(self) -> list[list[float]]:
        assert self.take(4) == b"CM3 "
        low, span, rows, columns = struct.unpack("<ffii", self.take(16))
        levels = self.take(rows * columns)
        return [[low + span * level / 255 for level in levels[row * columns :][:columns]] for row in range(rows)]

    def until(self, mark: bytes) -> bytes:
        end = self.data.index(mark, self.at)
        found = self.data[self.at : end]
        self.at = end + len(mark)
        return found


def test_acoustic_model(tmp_path: Path) -> None:
    weights = np.array([[0.5, -1.0, 0.25, 0.0, 1.0, -0.5]], np.float32).repeat(2, 0)
    layers = [
        Affine("layer0", "Append(input, Offset(input, 3))", weights, np.array([0.1, 0.2])),
        Affine("out", "layer0", np.eye(2), np.zeros(2), residual=None),
    ]
    path = tmp_path / "am" / "final.mdl"
    write_acoustic_model(path, [0, 1, 1], 3, layers)
    reader = Reader(path.read_bytes())
    assert reader.take(2) == b"\0B"
    reader.token("<TransitionModel>")
    reader.until(b"<Triples> ")
    assert reader.integer() == 3
    assert [(reader.integer(), reader.integer(), reader.integer()) for _ in range(3)] == [(1, 0, 0), (2, 0, 1), (3, 0, 1)]
    reader.token("</Triples>")
    reader.token("<LogProbs>")
    chances = reader.floats()
    assert len(chances) == 2 * 3 + 1
    assert chances[0] == 0
    reader.until(b"<Nnet3> \n")
    nodes = reader.until(b"\n\n").decode().splitlines()
    assert nodes[0] == "input-node name=input dim=3"
    assert nodes[-1] == "output-node name=output input=out objective=linear"
    reader.token("<NumComponents>")
    assert reader.integer() == 4
    reader.until(b"<LinearParams> ")
    assert np.allclose(reader.matrix(), weights, atol=2 / 255)
    reader.token("<BiasParams>")
    assert np.allclose(reader.floats(), [0.1, 0.2])
    assert path.read_bytes().endswith(b"<Priors> FV \x04\0\0\0\0")


def test_statistics_hold_sums_and_count(tmp_path: Path) -> None:
    write_statistics(tmp_path / "global", [1.5, -2.0], [4.0, 5.0])
    numbers = (tmp_path / "global").read_text().replace("[", "").replace("]", "").split()
    assert [float(number) for number in numbers] == [1500, -2000, 1000, 4000, 5000, 0]
