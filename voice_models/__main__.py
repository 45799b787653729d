"""`python -m voice_models`: the models' commands without the rest of the system."""

from voice_models.cli import models_app

models_app()
