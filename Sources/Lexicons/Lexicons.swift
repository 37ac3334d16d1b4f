// Lexicons says what tokens mean: words, their senses and the sememes of each sense (WordNet, HowNet, tables of the user's
// own), the morphemes of any word, and from both the units of every token of a vocabulary. It knows no matrices: the units'
// vectors are fitted elsewhere.
