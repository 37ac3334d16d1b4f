// ResidualCoding: transform, quantisation, entropy coding and rate control for what the entangled factors leave.
