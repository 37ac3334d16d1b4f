// Tokenizers turns text into a model's token ids and back: SentencePiece, byte-level BPE, WordPiece.
