"""The peer of `make bench-dialogs`: Rasa's DIET, taught the same data in the same run, asked over HTTP as its users ask it.

RASA=…/bin/rasa says where Rasa 3.6 is (an environment of its own, Python 3.10); DIET_EPOCHS=… teaches it for fewer rounds than 100.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from dialogs.project import FOLDER
from dialogs.understanding import Reading
from dialogs.understanding.opinion import UNSURE
from tests.ports import free_port
from tests.stories.servers import serving

CONFIG: Final = Path(__file__).with_name("diet.yml")
QUIET: Final = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "TF_INTRA_OP_PARALLELISM_THREADS": "1", "TF_INTER_OP_PARALLELISM_THREADS": "1"}
Reads = Callable[[dict[str, Any]], Reading]


@contextmanager
def taught(rasa: str) -> Iterator[tuple[Reads, str]]:
    """DIET as a reader of messages, and how its teaching went. DIET_MODEL=… takes a model that was taught before."""
    env = {**os.environ, **QUIET, **ONE_THREAD}
    with tempfile.TemporaryDirectory(prefix="cer-diet-") as directory:
        folder = Path(directory)
        how = _ready(folder, os.environ["DIET_MODEL"]) if "DIET_MODEL" in os.environ else _teach(rasa, folder, env)
        port = free_port()
        command = [rasa, "run", "--enable-api", "--model", "models/diet.tar.gz", "--interface", "127.0.0.1", "--port", str(port)]
        with serving(command, port, cwd=folder, env=env), httpx.Client(timeout=60) as client:
            yield (lambda message: _read(client, port, message)), how


def _ready(folder: Path, model: str) -> str:
    (folder / "models").mkdir()
    shutil.copy(model, folder / "models" / "diet.tar.gz")
    return f"taught before: {model}"


def _teach(rasa: str, folder: Path, env: dict[str, str]) -> str:
    epochs = os.environ.get("DIET_EPOCHS", "100")
    shutil.copytree(FOLDER / "data" / "nlu", folder / "data" / "nlu")
    (folder / "config.yml").write_text(CONFIG.read_text(encoding="utf-8").replace("epochs: 100", f"epochs: {epochs}"), encoding="utf-8")
    started = time.perf_counter()
    command = [rasa, "train", "nlu", "--nlu", "data/nlu", "--config", "config.yml", "--fixed-model-name", "diet"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"DIET was not taught:\n{done.stderr[-2000:]}")
    return f"trained in {time.perf_counter() - started:.0f} s, {epochs} epochs, one thread"


def _read(client: httpx.Client, port: int, message: dict[str, Any]) -> Reading:
    """A message as DIET reads it; what its fallback is unsure of counts as asked back, and so does talk that decides nothing."""
    answer = client.post(f"http://127.0.0.1:{port}/model/parse", json={"text": message["text"]}).raise_for_status().json()
    named = answer["intent"]["name"] or "nlu_fallback"
    intent = "cancel_visit" if named == UNSURE else named
    doubtful = named in (UNSURE, "nlu_fallback")
    return Reading(message["text"], message["language"] or "pl", intent, answer["intent"]["confidence"], {}, doubtful)
