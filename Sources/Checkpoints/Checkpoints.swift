// Checkpoints: a model directory or file as one thing, the workspace, the factored layout, import and export.
