"""Ready-made suites of expectations and the JSON Schema of data.yml."""
