# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Export of every model through transformers' own exporters."""

import torch
from parameterized import parameterized
from transformers.exporters import DynamoConfig, DynamoExporter, OnnxConfig, OnnxExporter


class ExportTesterMixin:
    """Exported programs give what the model gives, on other shapes too where they are dynamic."""

    @parameterized.expand(
        [
            (f"{name}_{'dynamic' if dynamic else 'static'}_{position}", name, dynamic, position)
            for name in ("dynamo", "onnx")
            for dynamic in (False, True)
            for position in (0, -1)
        ]
    )
    def test_export(self, case, name, dynamic, position):
        exporter, config_class = {"dynamo": (DynamoExporter, DynamoConfig), "onnx": (OnnxExporter, OnnxConfig)}[name]
        config, inputs = self.model_tester.prepare_config_and_inputs_for_common()
        model = self.all_model_classes[position](config).eval()
        exported = exporter().export(model, inputs, config_class(dynamic=dynamic))
        batches = [inputs]
        if dynamic:
            batches.append({name: torch.cat([value, value])[:, :-2] for name, value in inputs.items()})
        for batch in batches:
            with torch.no_grad():
                expected = model(**batch)[0]
            torch.testing.assert_close(exported(**batch)[0], expected, atol=1e-5, rtol=1e-4)
