import LinearAlgebra

/// Lloyd's k-means with k-means++-like spread starts: `count` centroids for points `[points, columns]`.
struct KMeans: Sendable {
    /// `[count, columns]`.
    let centroids: Matrix

    /// Points that take part in training, at most, for each centroid (faiss' own limit).
    static let pointsPerCentroid = 256

    /// Centroids of a sample of `points`; empty clusters take half of a large one.
    init(_ points: Matrix, count: Int, iterations: Int = 25, seed: UInt64) {
        var random = SplitMix64(seed: seed, stream: count)
        var order = Array(0..<points.rows)
        random.shuffle(&order)
        let sample = points.gathering(Array(order.prefix(count * Self.pointsPerCentroid)))
        let width = points.columns
        // Plain arrays: a matrix checks its elements at each change.
        var centroids = sample.gathering((0..<count).map { $0 % max(1, sample.rows) }).elements
        for _ in 0..<iterations where sample.rows > 0 {
            let nearest = KMeans(centroids: Matrix(rows: count, columns: width, elements: centroids)).assign(sample)
            var sums = [Float](repeating: 0, count: count * width)
            var sizes = [Int](repeating: 0, count: count)
            for (row, cluster) in nearest.enumerated() {
                sizes[cluster] += 1
                for x in 0..<width { sums[cluster * width + x] += sample.elements[row * width + x] }
            }
            for cluster in 0..<count {
                let from = cluster * width
                if sizes[cluster] > 0 {
                    for x in 0..<width { centroids[from + x] = sums[from + x] / Float(sizes[cluster]) }
                } else if let largest = sizes.indices.max(by: { sizes[$0] < sizes[$1] }) {
                    for x in 0..<width {
                        centroids[from + x] = centroids[largest * width + x] * (1 + 1e-3 * random.normal())
                    }
                    sizes[cluster] = sizes[largest] / 2
                    sizes[largest] -= sizes[cluster]
                }
            }
        }
        self.centroids = Matrix(rows: count, columns: width, elements: centroids)
    }

    /// Clusters around known centroids.
    init(centroids: Matrix) { self.centroids = centroids }

    /// The nearest centroid of each point, the first of equals: that with the least |c|² − 2⟨x, c⟩.
    func assign(_ points: Matrix) -> [Int] {
        let count = centroids.rows
        let norms = (0..<count).map { row in centroids.withRow(row) { Float(sumOfSquares($0)) } }
        let parts = Parallel.mapChunks(of: points.rows, size: 512) { range in
            let products = Matrix.product(points.rows(range), centroids, transposingSecond: true)
            return products.elements.withUnsafeBufferPointer { products in
                (0..<range.count).map { row in
                    Self.nearest(UnsafeBufferPointer(rebasing: products[row * count..<(row + 1) * count]), norms)
                }
            }
        }
        return Array(parts.joined())
    }

    /// The first index of the least `norms[i] − 2 · products[i]`, eight at a time.
    private static func nearest(_ products: UnsafeBufferPointer<Float>, _ norms: [Float]) -> Int {
        var (least, place) = (SIMD8<Float>(repeating: .infinity), SIMD8<Int32>(repeating: 0))
        var index = SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7)
        let whole = products.count / 8 * 8
        norms.withUnsafeBufferPointer { norms in
            for first in stride(from: 0, to: whole, by: 8) {
                var distance = SIMD8<Float>()
                for lane in 0..<8 { distance[lane] = norms[first + lane] - 2 * products[first + lane] }
                let isNearer = distance .< least
                least.replace(with: distance, where: isNearer)
                place.replace(with: index, where: isNearer)
                index &+= 8
            }
        }
        var best = (distance: Float.infinity, index: 0)
        func offer(_ distance: Float, _ index: Int) {
            if distance < best.distance || (distance == best.distance && index < best.index) {
                best = (distance, index)
            }
        }
        for lane in 0..<8 where whole > 0 { offer(least[lane], Int(place[lane])) }
        for i in whole..<products.count { offer(norms[i] - 2 * products[i], i) }
        return best.index
    }
}
