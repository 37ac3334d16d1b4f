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
            return (0..<range.count).map { row in
                products.withRow(row) { products in
                    var (best, least) = (0, Float.infinity)
                    for cluster in 0..<count {
                        let distance = norms[cluster] - 2 * products[cluster]
                        if distance < least { (best, least) = (cluster, distance) }
                    }
                    return best
                }
            }
        }
        return Array(parts.joined())
    }
}
