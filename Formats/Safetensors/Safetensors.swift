// Safetensors reads and writes the safetensors container: single files and sharded checkpoints with an index.
