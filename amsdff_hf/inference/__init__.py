# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What a trained model is asked afterwards: why it decided as it did."""

from .explanations import Explanation, WordWeight, explain
from .rendering import explanation_to_html, save_explanation_image


__all__ = ["Explanation", "WordWeight", "explain", "explanation_to_html", "save_explanation_image"]
