"""The training extra's libraries, imported when first used.

They are never needed to run, are large, and are absent from an ordinary installation: so they are typed as
Any, and a missing one says what to install.
"""

import importlib
from typing import Any

_MODULES = {
    "numpy": "numpy",
    "torch": "torch",
    "soundfile": "soundfile",
    "scipy_signal": "scipy.signal",
    "wordfreq": "wordfreq",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(name)
    try:
        return importlib.import_module(_MODULES[name])
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error.name} is missing: install cer[training] to train voice models") from error
