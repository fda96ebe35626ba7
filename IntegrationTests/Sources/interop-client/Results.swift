import Foundation

/// Prints how cases went, and counts them.
struct Results {
  private(set) var passed = 0
  private(set) var failed = 0
  private(set) var skipped = 0

  mutating func add(_ outcome: Outcome, of testCase: TestCase) {
    switch outcome {
    case .passed:
      self.passed += 1
      self.print("passed \(testCase.rawValue)")
    case .passedWithoutDuplex:
      self.passed += 1
      self.print("passed \(testCase.rawValue): with StreamingOutputCall for FullDuplexCall")
    case .skipped(let reason):
      self.skipped += 1
      self.print("skipped \(testCase.rawValue): \(reason)")
    }
  }

  mutating func add(_ error: any Error, of testCase: TestCase) {
    self.failed += 1
    let why = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
    self.print("failed \(testCase.rawValue): \(why)")
  }

  func printCounts() {
    self.print("\(self.passed) passed, \(self.failed) failed, \(self.skipped) skipped")
  }

  private func print(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }
}
