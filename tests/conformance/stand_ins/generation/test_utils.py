# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The common tests ask whether a test class inherits this one; none does, since classifiers generate nothing."""


class GenerationTesterMixin:
    """Nothing to generate."""
