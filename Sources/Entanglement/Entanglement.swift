// Entanglement: a token's vector as a sum, over its senses, of tensor products of small unit vectors.
