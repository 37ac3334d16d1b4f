// GGUF reads and writes ggml's container: metadata of every value type, tensors of every block type, split files.
