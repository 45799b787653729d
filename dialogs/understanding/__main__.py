"""`python -m dialogs.understanding`: the same as `cer interpret`."""

from dialogs.understanding.cli import main

main()
