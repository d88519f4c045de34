# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What the common tests import but the source distribution of transformers leaves out."""
