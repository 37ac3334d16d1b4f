// Lexicons: sememe sources, morpheme segmentation, and what each token of a vocabulary means.
