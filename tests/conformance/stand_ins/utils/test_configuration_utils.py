# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Arguments that `ConfigTester` sets on configurations without nested ones; ours return before it reads them."""

config_common_kwargs = {}
