# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""transformers' own common tests, run over the models of this package; see `__main__.py`."""
