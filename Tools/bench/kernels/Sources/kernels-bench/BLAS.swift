#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// An OpenBLAS that was loaded at run time, to be compared with: the system's or the one inside a numpy wheel.
struct BLAS {
    typealias Gemm =
        @convention(c) (
            Int32, Int32, Int32, Int, Int, Int, Float, UnsafePointer<Float>?, Int, UnsafePointer<Float>?, Int, Float,
            UnsafeMutablePointer<Float>?, Int
        ) -> Void
    typealias Gemv =
        @convention(c) (
            Int32, Int32, Int, Int, Float, UnsafePointer<Float>?, Int, UnsafePointer<Float>?, Int, Float,
            UnsafeMutablePointer<Float>?, Int
        ) -> Void
    typealias Eigen =
        @convention(c) (
            Int32, CChar, CChar, Int, UnsafeMutablePointer<Double>?, Int, UnsafeMutablePointer<Double>?
        ) -> Int

    private let gemm: Gemm
    private let gemv: Gemv
    private let eigen: Eigen
    private let setThreads: @convention(c) (Int32) -> Void
    /// The name of the kernels that it chose.
    let coreName: String

    /// Loads the library at `path`, whose functions may carry the decorations of numpy's.
    init?(path: String) {
        // These would make OpenBLAS run kernels of an older processor.
        unsetenv("OPENBLAS_CORETYPE")
        unsetenv("OPENBLAS_L2_SIZE")
        guard let library = dlopen(path, RTLD_NOW) else { return nil }
        func symbol<Function>(_ name: String, as type: Function.Type) -> Function? {
            let address = dlsym(library, name) ?? dlsym(library, "scipy_\(name)64_")
            return address.map { unsafeBitCast($0, to: type) }
        }
        guard let gemm = symbol("cblas_sgemm", as: Gemm.self),
            let gemv = symbol("cblas_sgemv", as: Gemv.self),
            let eigen = symbol("LAPACKE_dsyevd", as: Eigen.self),
            let setThreads = symbol("openblas_set_num_threads", as: (@convention(c) (Int32) -> Void).self),
            let name = symbol("openblas_get_corename", as: (@convention(c) () -> UnsafePointer<CChar>).self)
        else { return nil }
        self.gemm = gemm
        self.gemv = gemv
        self.eigen = eigen
        self.setThreads = setThreads
        coreName = String(cString: name())
    }

    func use(threads: Int) {
        setThreads(Int32(threads))
    }

    /// c `[m, n]` = a `[m, k]` · b `[k, n]`, row-major.
    func multiply(m: Int, k: Int, n: Int, _ a: [Float], _ b: [Float], _ c: inout [Float]) {
        gemm(101, 111, 111, m, n, k, 1, a, k, b, n, 0, &c, n)
    }

    /// y = a `[m, n]` · x, row-major.
    func multiply(m: Int, n: Int, _ a: [Float], _ x: [Float], _ y: inout [Float]) {
        gemv(101, 111, m, n, 1, a, n, x, 1, 0, &y, 1)
    }

    /// The eigenvalues and eigenvectors of a symmetric matrix, by divide and conquer.
    func decompose(size: Int, _ matrix: [Double]) {
        var vectors = matrix
        var values = [Double](repeating: 0, count: size)
        // 102: column-major, which is the same for a symmetric matrix and needs no copy.
        _ = eigen(102, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "L")), size, &vectors, size, &values)
    }
}
