/// A small random number generator that yields the same numbers in every run.
///
/// The algorithm is Sebastiano Vigna's SplitMix64. Each seed gives a sequence of its own.
public struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  /// Creates a generator of the sequence that a seed stands for.
  public init(seed: UInt64) {
    self.state = seed
  }

  /// The next number.
  public mutating func next() -> UInt64 {
    self.state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = self.state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Returns random bytes, which compression doesn't make shorter.
  public mutating func bytes(count: Int) -> [UInt8] {
    (0 ..< count).map { _ in UInt8.random(in: 0 ... 255, using: &self) }
  }
}
