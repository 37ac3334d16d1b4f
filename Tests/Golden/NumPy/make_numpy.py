#!/usr/bin/env python3
"""Makes the golden files of NumPyTests: arrays and archives as NumPy, ml_dtypes and Python's zipfile write them.

Needs numpy, ml_dtypes and zipfile-zstd (for method 93 before Python 3.14); run it in this folder.
Every array holds values that its name and shape determine, so that the tests can compute them anew:
value number i (in C order) is i - 3, as near as the type can hold it (booleans: i odd; complex: (i - 3) + i j).
"""
import io
import zipfile

import ml_dtypes
import numpy as np

try:
    import zipfile_zstd  # noqa: F401  registers method 93
except ImportError:
    pass


def values(dtype, shape=(3, 5)):
    count = int(np.prod(shape))
    index = np.arange(count)
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        flat = (index % 2).astype(dtype)
    elif dtype.kind == "c":
        flat = (index - 3 + 1j * index).astype(dtype)
    elif dtype.kind == "u":
        flat = (index - 3).astype(np.int64).astype(dtype)
    else:
        flat = (index - 3).astype(dtype)
    return flat.reshape(shape)


CODES = "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split()


class Unseekable(io.RawIOBase):
    """A target that cannot seek, so that zipfile writes data descriptors."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def writable(self):
        return True

    def seekable(self):
        return False

    def write(self, data):
        return self.file.write(data)


def main():
    for code in CODES:
        np.save(f"little-{code}.npy", values("<" + code))
        if code[1:] != "1":
            np.save(f"big-{code}.npy", values(">" + code))
    np.save("fortran-3d.npy", np.asfortranarray(values("<i4", (3, 4, 5))))
    np.save("fortran-big-2d.npy", np.asfortranarray(values(">f8", (4, 3))))
    np.save("scalar.npy", values("<f4", ()))
    np.save("empty.npy", values("<f4", (0, 7)))
    np.save("bfloat16.npy", values(ml_dtypes.bfloat16))
    np.save("float8_e5m2.npy", values(ml_dtypes.float8_e5m2))
    np.save("float8_e4m3fn.npy", values(ml_dtypes.float8_e4m3fn))
    for version in [(2, 0), (3, 0)]:
        with open(f"version-{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, values("<f4"), version=version)

    arrays = {
        "weight": values("<f4", (6, 4)),
        "layers/0/bias": values("<f2", (7,)),
        "größe": values("<i8", (2,)),
        "mask": values("?", (9,)),
        "turned": np.asfortranarray(values("<f8", (3, 2))),
        "scalar": values("<u2", ()),
        "empty": values("<f4", (0,)),
    }
    np.savez("stored.npz", **arrays)
    np.savez_compressed("deflated.npz", **arrays)
    np.savez(Unseekable("descriptors.npz"), **arrays)
    np.savez("none.npz")
    method = getattr(zipfile, "ZIP_ZSTANDARD", 93)
    for name, compression in [("zstd.npz", method), ("plain-zip.npz", zipfile.ZIP_DEFLATED)]:
        with zipfile.ZipFile(name, "w", compression) as archive:
            archive.comment = b"a comment"
            for key, array in arrays.items():
                member = io.BytesIO()
                np.save(member, array)
                archive.writestr(zipfile.ZipInfo(key + ".npy"), member.getvalue(), compression)

    np.save("object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez("object.npz", a=np.array([None], dtype=object), b=values("<f4"))
    np.save("text.npy", np.array(["ab", "c"]))
    np.save("dates.npy", np.array(["2020-01-01"], dtype="M8[D]"))
    np.save("record.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i2", (2,))]))


if __name__ == "__main__":
    main()
