import Checkpoints
import TensorFile
import Testing

@Suite struct TypePlanTests {
    private func type(of shape: [Int], to target: ElementType, in container: ContainerFormat = .gguf) throws
        -> ElementType
    {
        try TypePlan(target: target, container: container)
            .type(of: TensorDescriptor(name: "t", type: .float32, shape: shape))
    }

    /// llama.cpp's substitutes, but Q4_0 where it takes IQ4_NL.
    @Test(arguments: [
        (ElementType.q4_K, ElementType.q5_0), (.q5_K, .q5_1), (.q6_K, .q8_0), (.q2_K, .q4_0), (.q3_K, .q4_0),
        (.tq1_0, .q4_0), (.nvfp4, .q4_0), (.q8_0, .float16), (.mxfp4, .float16),
    ])
    func rowsThatAreNoWholeBlocks(target: ElementType, substitute: ElementType) throws {
        let whole = target.geometry.elements
        #expect(try type(of: [3, 2 * whole], to: target) == target)
        let rows = substitute == .float16 ? 48 : 32 * 3
        #expect(try type(of: [3, rows], to: target) == substitute)
        #expect(try type(of: [3, 172], to: target) == .float16)
        #expect(try type(of: [whole], to: target) == .float32)
    }

    @Test func vectorsInGGUFAreF32() throws {
        for target in [ElementType.float16, .bfloat16, .q4_0] { #expect(try type(of: [64], to: target) == .float32) }
        #expect(try type(of: [64], to: .float64) == .float64)
        #expect(try type(of: [64], to: .float16, in: .safetensors) == .float16)
        #expect(try type(of: [64], to: .float16, in: .npz) == .float16)
    }
}
