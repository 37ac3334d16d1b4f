// LinearAlgebra: matrices, products, factorizations, parallel loops and seeded random numbers. It knows nothing of models.
