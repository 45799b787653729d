"""How well and how quickly calls are heard: `python -m tests.bench.voice`."""
