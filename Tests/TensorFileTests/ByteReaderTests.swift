import TensorFile
import Testing

@Suite struct ByteReaderTests {
    private static let text: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]

    @Test func readsBothOrders() throws {
        var little = ByteReader(Self.text.span.bytes)
        #expect(try little.read(UInt32.self, "a") == 0x0403_0201)
        #expect(try little.read(UInt8.self, "b") == 5)
        #expect(try little.read(UInt16.self, "c") == 0x0706)
        var big = ByteReader(Self.text.span.bytes, order: .big)
        #expect(try big.read(UInt64.self, "a") == 0x0102_0304_0506_0708)
    }

    @Test func namesTheFieldOfEveryFailure() throws {
        var reader = ByteReader(Self.text.span.bytes, base: 100)
        try reader.skip(8, "head")
        do {
            _ = try reader.readSize("tensor count")
            Issue.record("2^64 - 1 was accepted as a size")
        } catch {
            #expect(error.kind == .overflow)
            #expect(error.place == "byte 108, tensor count")
        }
        var short = ByteReader(Self.text.span.bytes)
        try short.skip(13, "head")
        do {
            _ = try short.read(UInt32.self, "version")
            Issue.record("a field past the end was read")
        } catch {
            #expect(error.kind == .truncated)
            #expect(error.cause == "4 bytes needed, 3 left")
        }
    }

    @Test func refusesCountsThatCannotFit() throws {
        let bytes: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 24)
        var fits = ByteReader(bytes.span.bytes)
        #expect(try fits.readCount(minimumBytes: 8, "items") == 3)
        var tooMany = ByteReader(bytes.span.bytes)
        do {
            _ = try tooMany.readCount(minimumBytes: 9, "items")
            Issue.record("a count beyond the file was accepted")
        } catch { #expect(error.kind == .truncated) }
        var negative = ByteReader(bytes.span.bytes)
        do {
            try negative.skip(-1, "back")
            Issue.record("a negative skip was accepted")
        } catch { #expect(error.kind == .truncated) }
    }
}
