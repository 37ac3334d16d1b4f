/// The character map as Hugging Face's tokenizers apply it: to a whole short grapheme cluster where a rule matches its
/// beginning, else to each of its characters, and always by the shortest rule.
struct PrecompiledNormalizer: Normalizer {
    var characterMap: CharacterMap

    /// Longer clusters are taken apart at once.
    private static let longestCluster = 5

    func normalize(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        let bytes = text.span
        var offset = 0
        while offset < bytes.count {
            guard !characterMap.keeps(bytes, at: offset) else {
                result.append(bytes[offset])
                offset += 1
                continue
            }
            // Clusters end between two ASCII characters; the pair CR LF is one cluster, but never kept.
            var end = offset + 1
            while end < bytes.count, !(bytes[end - 1] < 0x80 && characterMap.keeps(bytes, at: end)) { end += 1 }
            for cluster in String(decoding: text[offset..<end], as: UTF8.self) {
                append(Array(cluster.utf8), to: &result)
            }
            offset = end
        }
        return result
    }

    private func append(_ cluster: [UInt8], to result: inout [UInt8]) {
        if cluster.count <= PrecompiledNormalizer.longestCluster,
            let replacement = characterMap.shortestMatch(in: cluster.span, cluster.indices)
        {
            result.append(contentsOf: characterMap.replacement(replacement))
            return
        }
        var offset = 0
        while offset < cluster.count {
            let range = offset..<offset + cluster.span.scalar(at: offset).length
            if let replacement = characterMap.shortestMatch(in: cluster.span, range) {
                result.append(contentsOf: characterMap.replacement(replacement))
            } else {
                result.append(contentsOf: cluster[range])
            }
            offset = range.upperBound
        }
    }
}
