// NumPy reads and writes .npy arrays and .npz archives.
