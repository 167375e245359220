import CryptoPrimitives
import Testing

@Suite struct SplitMix64Tests {
    @Test func `the numbers of a seed stay what they are`() {
        var zero = SplitMix64(seed: 0)
        #expect((0..<3).map { _ in zero.next() } == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F])
        var greatest = SplitMix64(seed: .max)
        #expect(greatest.next() != zero.next())
    }
}
