// JSONText reads the JSON of checkpoints: headers, configurations, tokenizers. It keeps the order of keys, compares them
// by their bytes (Swift's `String` equality merges canonically equivalent keys and would lose tokens), sees duplicates,
// bounds nesting, and reports byte offsets.
